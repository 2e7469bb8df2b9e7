import { element } from './dom.js';
import * as format from './format.js';

/** The latest events of a stream, newest first, drawn a few times a second however fast they come. */

const ROWS = 200;
const REMEMBERED = 2000;
const REDRAW = 250;

export class Table {
  #head;
  #body;
  #columns = [];
  #waiting = [];
  #skipped = 0;
  #lastSeen = new Map();
  #timer = 0;
  #paused = false;
  #transaction = null;
  #odd = false;
  #changed;

  /** @param changed called after each redraw and whenever something waits */
  constructor(head, body, changed) {
    this.#head = head;
    this.#body = body;
    this.#changed = changed;
  }

  clear(columns, key) {
    this.#waiting = [];
    this.#skipped = 0;
    this.#lastSeen.clear();
    this.#transaction = null;
    this.#body.replaceChildren();
    this.#show(columns.map((column) => ({ name: column.name, type: column.type, key: key.includes(column.name) })));
  }

  #show(columns) {
    this.#columns = columns;
    this.#head.replaceChildren(
      heading('Change'), heading('At'),
      ...columns.map((column) => heading(column.name, column.type, column.key)));
  }

  /** Keeps the text only: what scrolls by unseen is never parsed. */
  add(kind, text, position) {
    this.#waiting.push({ kind, text, position });
    if (this.#waiting.length > ROWS) {
      this.#waiting.shift();
      this.#skipped++;
    }
    if (this.#paused) {
      this.#changed();
    } else if (!this.#timer) {
      this.#timer = setTimeout(() => this.#draw(), REDRAW);
    }
  }

  get waiting() {
    return this.#waiting.length + this.#skipped;
  }

  get size() {
    return this.#body.childElementCount;
  }

  pause(paused) {
    this.#paused = paused;
    if (!paused) {
      this.#draw();
    }
  }

  #draw() {
    this.#timer = 0;
    if (this.#paused) {
      return;
    }
    const fresh = document.createDocumentFragment();
    for (const event of this.#waiting) {
      fresh.prepend(this.#row(event, fresh) ?? '');
    }
    this.#waiting = [];
    this.#skipped = 0;
    this.#body.prepend(fresh);
    while (this.#body.childElementCount > ROWS) {
      this.#body.lastElementChild.remove();
    }
    this.#changed();
  }

  #row({ kind, text, position }, fresh) {
    let told;
    try {
      told = format.parse(text);
    } catch {
      return this.#note(kind, text);
    }
    if (kind === 'schema') {
      return this.#schema(told, fresh);
    }
    const isRow = kind === 'insert' || kind === 'update' || kind === 'delete';
    return isRow ? this.#delta(kind, told, position) : this.#note(kind, note(kind, told), told);
  }

  #delta(kind, delta, position) {
    this.#learn(delta.after ?? delta.before ?? {});
    const identity = JSON.stringify(delta.key ?? null);
    const before = delta.before ?? (kind === 'update' ? this.#lastSeen.get(identity) : null) ?? {};
    const shown = kind === 'delete' ? { ...delta.key, ...delta.before } : delta.after ?? {};
    const unchanged = new Set(delta.unchanged ?? []);
    const row = element('tr', { role: 'row', class: `${kind} ${this.#band(delta.tx?.id ?? position)}` },
      element('td', { role: 'cell', 'data-label': 'Change' }, this.#badge(delta.snapshot ? 'snapshot' : kind, delta)),
      element('td', { role: 'cell', class: 'at', 'data-label': 'At', title: delta.committed_at },
        format.time(delta.committed_at)),
      ...this.#columns.map(({ name }) => cell(name, kind, shown, before, unchanged.has(name))));
    this.#remember(identity, kind, { ...pick(before, unchanged), ...delta.after });
    return row;
  }

  /** Every connection begins with the schema; with one that differs the rows so far no longer fit below their headings. */
  #schema(told, fresh) {
    const columns = (told.columns ?? []).map(({ name, type }) => ({ name, type, key: (told.key ?? []).includes(name) }));
    if (JSON.stringify(columns) === JSON.stringify(this.#columns)) {
      return null;
    }
    const hadRows = this.#body.childElementCount + fresh.childElementCount > 0;
    this.#body.replaceChildren();
    fresh.replaceChildren();
    this.#show(columns);
    return hadRows ? this.#note('schema', 'The columns are different from here on.', told) : null;
  }

  /** Columns that no schema named. */
  #learn(values) {
    const names = new Set(this.#columns.map((column) => column.name));
    const added = Object.keys(values).filter((name) => !names.has(name));
    if (added.length > 0) {
      this.#show([...this.#columns, ...added.map((name) => ({ name }))]);
    }
  }

  #remember(identity, kind, values) {
    if (identity === 'null') {
      return;
    }
    this.#lastSeen.delete(identity);
    if (kind !== 'delete') {
      this.#lastSeen.set(identity, values);
    }
    if (this.#lastSeen.size > REMEMBERED) {
      this.#lastSeen.delete(this.#lastSeen.keys().next().value);
    }
  }

  /** What was changed together carries the same bar. */
  #band(transaction) {
    if (transaction !== this.#transaction) {
      this.#transaction = transaction;
      this.#odd = !this.#odd;
    }
    return this.#odd ? 'odd' : 'even';
  }

  #badge(label, json) {
    const badge = element('button', { type: 'button', class: 'badge', 'aria-expanded': 'false', title: 'Show the event' }, label);
    badge.addEventListener('click', () => {
      const row = badge.closest('tr');
      const open = badge.getAttribute('aria-expanded') === 'true';
      badge.setAttribute('aria-expanded', String(!open));
      if (open) {
        row.nextElementSibling.remove();
      } else {
        row.after(this.#wide('detail', element('pre', {}, JSON.stringify(json, null, 2))));
      }
    });
    return badge;
  }

  #note(kind, text, json = null) {
    const label = json ? this.#badge(kind, json) : element('span', { class: 'badge' }, kind);
    return this.#wide(`note ${kind}`, label, ' ', text);
  }

  #wide(kind, ...children) {
    return element('tr', { role: 'row', class: kind },
      element('td', { role: 'cell', colspan: '99' }, ...children));
  }
}

function heading(name, type, isKey) {
  const made = element('th', { role: 'columnheader', scope: 'col' }, name);
  if (type) {
    const small = element('small', {}, typeof type === 'string' ? type : JSON.stringify(type));
    if (isKey) {
      small.append(' ', element('b', {}, 'key'));
    }
    made.append(small);
  }
  return made;
}

function cell(name, kind, shown, before, isUnchanged) {
  const made = element('td', { role: 'cell', 'data-label': name });
  const known = isUnchanged ? before[name] : shown[name];
  if (known === undefined) {
    made.classList.add('none');
    made.append(isUnchanged ? 'unchanged' : kind === 'delete' ? '' : '–');
    return made;
  }
  const text = format.value(known);
  const old = format.value(before[name]);
  made.append(...show(text));
  if (kind === 'update' && name in before && !isUnchanged && old !== text) {
    made.classList.add('changed');
    made.append(' ', element('del', {}, ...show(old)));
  }
  return made;
}

const LONG = 48;

function show(text) {
  if (text === null) {
    return [element('i', { class: 'null' }, 'null')];
  }
  return text.length > LONG ? [element('span', { title: text.slice(0, 1000) }, `${text.slice(0, LONG)}…`)] : [text];
}

function pick(values, names) {
  return Object.fromEntries([...names].filter((name) => name in values).map((name) => [name, values[name]]));
}

function note(kind, told) {
  if (told.message ?? told.detail) {
    return told.message ?? told.detail;
  }
  switch (kind) {
    case 'truncate': return 'The table was emptied.';
    case 'gap': return 'History is missing here.';
    default: return JSON.stringify(told);
  }
}
