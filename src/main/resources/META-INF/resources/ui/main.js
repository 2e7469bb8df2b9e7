import { byId, element, say } from './dom.js';
import { Feed, feedUrl, problem } from './feed.js';
import * as format from './format.js';
import { Streams } from './streams.js';
import { Table } from './table.js';

const POLL = 1500;

const streams = new Streams(byId('streams'));
const table = new Table(byId('columns'), byId('rows'), drawn);
const pause = byId('pause');
const where = byId('where');
const from = byId('from');

let polling = 0;
let feed = null;
let watched = null;
let seen = 0;
let lastPosition = null;

/* The list of streams */

async function poll() {
  clearTimeout(polling);
  if (!document.hidden) {
    try {
      const answer = await fetch(new URL('feeds', document.baseURI), {
        headers: { accept: 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(5000),
      });
      if (answer.ok) {
        const told = await answer.json();
        away(null);
        show(told);
      } else {
        away(await problem(answer));
      }
    } catch {
      away('The service does not answer. Trying again …');
    }
  }
  polling = setTimeout(poll, POLL);
}

/** What was told last is shown pale while nothing newer comes. */
function away(message) {
  say(byId('outage'), message);
  document.body.classList.toggle('away', message !== null);
}

function show(json) {
  const { streams: told = [], source, log, state, relay, outputs = [], trouble } = json;
  say(byId('outage'), trouble ? `The pipeline cannot run. ${trouble}` : null);
  streams.update(told.filter((stream) => stream.feed !== false).map((stream) => standing(stream, outputs)));
  const none = told.length === 0 && !trouble;
  byId('no-streams').hidden = !none || Boolean(relay);
  byId('only-relay').hidden = !none || !relay;
  if (source) {
    const { snapshot } = source;
    const copying = snapshot && !snapshot.finished
      ? `, copying ${format.count(snapshot.rows)} of ${format.count(snapshot.total)} rows` : '';
    fact('source', source.status, `${source.kind} · ${source.status}${copying}`, source.message);
  }
  if (log) {
    const segments = `${format.count(log.segments)} ${log.segments === 1 ? 'segment' : 'segments'}`;
    const trouble = log.failure || log.waiting;
    fact('log', log.failure ? 'stopped' : trouble ? 'waiting' : 'running', `${format.bytes(log.bytes)} in ${segments}`, trouble);
    byId('log').title = log.last ? `last position ${log.last}` : '';
  }
  byId('state').parentElement.hidden = !state;
  if (state) {
    const missing = state.missing.map(({ table, why }) => `${table}: ${why}`).join(' · ');
    const trouble = state.message || missing || null;
    fact('state', trouble ? 'waiting' : 'running', `${format.bytes(state.bytes)} of current rows`, trouble);
    byId('state').title = state.position ? `as of ${state.position}` : '';
  }
  byId('relay').parentElement.hidden = !relay;
  if (relay) {
    fact('relay', relay.status, `${format.count(relay.delivered)} changes to ${relay.kind}`, relay.message || null);
    byId('relay').title = relay.cursor ? `up to ${relay.cursor}` : '';
  }
  follow();
}

const WORST_FIRST = ['stopped', 'retrying', 'paused', 'waiting', 'starting', 'standby'];

/** How a stream stands, told by itself or by its outputs: as the worst of them does, as late as the latest. */
function standing(stream, outputs) {
  const own = outputs.filter((output) => output.stream === stream.name);
  const worst = WORST_FIRST.find((status) => own.some((output) => output.status === status)) ?? 'running';
  const lags = own.map((output) => output.lag_seconds).filter((lag) => typeof lag === 'number');
  const messages = own.filter((output) => output.message).map((output) => `${output.kind}: ${output.message}`);
  return {
    status: worst, message: messages.join(' · '), lag_seconds: lags.length > 0 ? Math.max(...lags) : null, subscribers: 0, ...stream,
  };
}

function fact(id, status, text, more) {
  const shown = [element('span', { class: `dot ${status}` }), text];
  if (more) {
    shown.push(element('small', {}, more));
  }
  byId(id).replaceChildren(...shown);
}

/* The stream that is watched; which one, and how, stands in the address */

function choice() {
  const asked = new URLSearchParams(location.hash.slice(1));
  return { stream: asked.get('stream'), from: asked.get('from') ?? 'latest', where: asked.get('where') ?? '' };
}

/** Watches what the address asks for, once it is known. */
function follow() {
  const asked = choice();
  streams.select(asked.stream);
  if (!asked.stream || JSON.stringify(asked) === watched) {
    return;
  }
  const told = streams.get(asked.stream);
  if (!told) {
    say(byId('problem'), streams.first ? `There is no stream ${asked.stream}.` : null);
    return;
  }
  watched = JSON.stringify(asked);
  watch(told, asked);
}

function watch(told, asked) {
  feed?.close();
  seen = 0;
  lastPosition = null;
  where.value = asked.where;
  from.value = asked.from;
  setPaused(false);
  table.clear(told.columns ?? [], told.key ?? []);
  byId('watched').textContent = told.name;
  document.title = `${told.name} · Delta Streams`;
  byId('filter').hidden = byId('events').hidden = byId('curl-line').hidden = false;
  byId('curl').textContent = `curl -N ${quoted(feedUrl(told.name, asked).href)}`;
  say(byId('problem'), null);
  where.removeAttribute('aria-invalid');
  feed = new Feed(told.name, asked, { event, state, refused });
  drawn();
}

function quoted(url) {
  return /[^\w:/.-]/.test(url) ? `'${url.replaceAll("'", "'\\''")}'` : url;
}

function event(kind, text, position) {
  if (kind !== 'schema') {
    seen++;
  }
  lastPosition = position || lastPosition;
  table.add(kind, text, position);
}

const STATES = {
  connecting: () => 'connecting …',
  live: () => 'live',
  reconnecting: (attempt) => `connection lost, trying again (${attempt})`,
  refused: () => 'refused',
};

function state(name, detail) {
  const target = byId('connection');
  target.className = `state ${name}`;
  target.textContent = STATES[name](detail);
}

function refused(message) {
  say(byId('problem'), message);
  where.setAttribute('aria-invalid', String(where.value !== ''));
  byId('empty').textContent = '';
}

function drawn() {
  const held = table.waiting;
  pause.textContent = isPaused() ? `Resume${held ? ` (${format.count(held)} new)` : ''}` : 'Pause';
  byId('caption').textContent = seen === 0 ? '' : `${format.count(seen)} seen, the latest ${format.count(table.size)} shown`
    + (lastPosition ? ` · at ${lastPosition}` : '');
  byId('empty').textContent = seen === 0 && byId('problem').hidden ? 'Waiting for the next change …' : '';
}

/* What can be pressed */

function isPaused() {
  return pause.getAttribute('aria-pressed') === 'true';
}

function setPaused(paused) {
  pause.setAttribute('aria-pressed', String(paused));
  table.pause(paused);
  drawn();
}

pause.addEventListener('click', () => setPaused(!isPaused()));

byId('filter').addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  const asked = new URLSearchParams({ stream: choice().stream });
  if (from.value !== 'latest') {
    asked.set('from', from.value);
  }
  if (where.value.trim()) {
    asked.set('where', where.value.trim());
  }
  watched = null;
  if (location.hash.slice(1) === asked.toString()) {
    follow();
  } else {
    location.hash = asked.toString();
  }
});

// Browsers give no clipboard to pages that came over plain HTTP from elsewhere.
byId('copy').hidden = !navigator.clipboard;
byId('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(byId('curl').textContent);
  byId('copy').textContent = 'Copied';
  setTimeout(() => { byId('copy').textContent = 'Copy'; }, 1500);
});

addEventListener('hashchange', follow);
document.addEventListener('visibilitychange', () => document.hidden || poll());
poll();
