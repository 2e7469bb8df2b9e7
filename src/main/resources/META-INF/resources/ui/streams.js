import { element, say } from './dom.js';
import * as format from './format.js';

/** The list of streams, each with its rate and how far it is. */

const SAMPLES = 60;
const SVG = 'http://www.w3.org/2000/svg';

export class Streams {
  #list;
  #cards = new Map();

  constructor(list) {
    this.#list = list;
  }

  get(name) {
    return this.#cards.get(name)?.told;
  }

  get first() {
    return this.#cards.keys().next().value;
  }

  update(streams) {
    const now = performance.now();
    const names = new Set(streams.map((stream) => stream.name));
    for (const [name, card] of this.#cards) {
      if (!names.has(name)) {
        card.root.remove();
        this.#cards.delete(name);
      }
    }
    for (const stream of streams) {
      if (!this.#cards.has(stream.name)) {
        const card = new Card(stream.name);
        this.#cards.set(stream.name, card);
        this.#list.append(card.root);
      }
      this.#cards.get(stream.name).update(stream, now);
    }
  }

  select(name) {
    for (const [each, card] of this.#cards) {
      card.select(each === name);
    }
  }
}

class Card {
  #link = element('a', {});
  #rate = element('b', {});
  #status = element('span', { class: 'dot' });
  #facts = element('span', { class: 'card-facts' });
  #position = element('code', { class: 'position' });
  #message = element('span', { class: 'message' });
  #line = svg('polyline', { fill: 'none' });
  #area = svg('polygon', {});
  #rates = [];
  #last = null;

  constructor(name) {
    this.#link.href = `#${new URLSearchParams({ stream: name })}`;
    const chart = svg('svg', { viewBox: '0 0 120 28', preserveAspectRatio: 'none', class: 'spark', 'aria-hidden': 'true' });
    chart.append(this.#area, this.#line);
    this.#link.append(
      element('span', { class: 'card-name' }, this.#status, name),
      element('span', { class: 'card-rate' }, this.#rate, ' /s'),
      chart, this.#facts, this.#position, this.#message);
    this.root = element('li', {}, this.#link);
  }

  update(told, now) {
    this.told = told;
    const rate = this.#measure(told.changes, now);
    this.#rate.textContent = format.rate(rate);
    const lag = told.lag_seconds === null ? '' : `lag ${format.lag(told.lag_seconds)} · `;
    // A stream's own deltas are made only for its readers, so what is always known is what its tables bring it.
    const from = (told.from ?? []).join(', ');
    this.#link.title = `changes of ${from}, before the stream's own stages`;
    this.#facts.textContent = `${lag}${format.count(told.changes)} changes of ${from} · `
      + `${format.count(told.subscribers)} ${told.subscribers === 1 ? 'subscriber' : 'subscribers'}`;
    this.#position.textContent = told.latest ?? 'no position yet';
    this.#position.title = `earliest ${told.earliest ?? '–'}, latest ${told.latest ?? '–'}`;
    this.#status.className = `dot ${told.status}`;
    this.#status.title = told.status;
    this.#link.setAttribute('aria-label', `${told.name}, ${told.status}, ${format.rate(rate)} changes of ${from} per second`);
    say(this.#message, told.message || (told.status === 'running' ? null : told.status));
    this.#plot();
  }

  /** Null after a restart of the service, when its counter began anew. */
  #measure(deltas, now) {
    const last = this.#last;
    this.#last = { deltas, now };
    if (!last || deltas < last.deltas || now <= last.now) {
      return null;
    }
    const rate = (deltas - last.deltas) * 1000 / (now - last.now);
    this.#rates.push(rate);
    this.#rates = this.#rates.slice(-SAMPLES);
    return rate;
  }

  #plot() {
    const top = 1.2 * Math.max(1, ...this.#rates);
    const start = SAMPLES - this.#rates.length;
    const points = this.#rates.map((rate, at) =>
      `${((start + at) * 120 / (SAMPLES - 1)).toFixed(1)},${(26 - rate * 24 / top).toFixed(1)}`);
    this.#line.setAttribute('points', points.join(' '));
    const left = (start * 120 / (SAMPLES - 1)).toFixed(1);
    this.#area.setAttribute('points', points.length > 1 ? `${left},28 ${points.join(' ')} 120,28` : '');
  }

  select(selected) {
    if (selected) {
      this.#link.setAttribute('aria-current', 'true');
    } else {
      this.#link.removeAttribute('aria-current');
    }
  }
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, text] of Object.entries(attributes)) {
    made.setAttribute(key, text);
  }
  return made;
}
