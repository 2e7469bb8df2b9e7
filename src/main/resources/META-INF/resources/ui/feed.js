/**
 * One stream's events as they come. The browser resumes a lost connection at its Last-Event-ID by itself; when the service refuses, this
 * asks why, and when it is away this tries again after the last position seen.
 */

const EVENTS = ['insert', 'update', 'delete', 'truncate', 'schema', 'gap'];
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;

export function feedUrl(stream, { from, where, after }) {
  const url = new URL(`feeds/${encodeURIComponent(stream)}`, document.baseURI);
  if (after) {
    url.searchParams.set('after', after);
  } else if (from && from !== 'latest') {
    url.searchParams.set('from', from);
  }
  if (where) {
    url.searchParams.set('where', where);
  }
  return url;
}

export class Feed {
  #stream;
  #choice;
  #listener;
  #source = null;
  #position = null;
  #failures = 0;
  #retry = 0;
  #closed = false;

  /**
   * @param listener { event(kind, text, position), state(name, detail), refused(message) }; state is connecting, live, reconnecting or
   * refused
   */
  constructor(stream, choice, listener) {
    this.#stream = stream;
    this.#choice = choice;
    this.#listener = listener;
    listener.state('connecting');
    this.#open();
  }

  #open() {
    const source = new EventSource(feedUrl(this.#stream, { ...this.#choice, after: this.#position }));
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#listener.state('live');
    };
    for (const kind of EVENTS) {
      source.addEventListener(kind, (event) => this.#take(kind, event));
    }
    source.addEventListener('progress', (event) => this.#remember(event));
    // The service's own `event: error` arrives as a message, the browser's as a bare event.
    source.addEventListener('error', (event) => {
      if (event instanceof MessageEvent) {
        this.#take('error', event);
      } else {
        this.#lost();
      }
    });
  }

  #remember(event) {
    this.#position = event.lastEventId || this.#position;
  }

  #take(kind, event) {
    this.#remember(event);
    this.#listener.event(kind, event.data, event.lastEventId);
  }

  #lost() {
    if (this.#closed) {
      return;
    }
    this.#failures++;
    this.#listener.state('reconnecting', this.#failures);
    if (this.#source.readyState === EventSource.CLOSED) {
      this.#ask();
    }
  }

  /** An EventSource does not tell why it was refused, so the same question is put once more. */
  async #ask() {
    const asking = new AbortController();
    const timeout = setTimeout(() => asking.abort(), 5000);
    try {
      const url = feedUrl(this.#stream, { ...this.#choice, after: this.#position });
      const answer = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: asking.signal });
      if (this.#closed) {
        return;
      }
      if (answer.status >= 400 && answer.status < 500) {
        this.#listener.state('refused');
        this.#listener.refused(await problem(answer));
        return;
      }
    } catch {
      // Not there; it is tried again below.
    } finally {
      clearTimeout(timeout);
      asking.abort();
    }
    if (!this.#closed) {
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.#failures - 1, 4));
      this.#retry = setTimeout(() => this.#open(), wait);
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#source.close();
  }
}

/** What an application/problem+json answer says, or its status where it says nothing. */
export async function problem(answer) {
  try {
    const told = await answer.json();
    return [told.detail ?? told.title, ...(told.errors ?? []).map((error) => error.message ?? error.detail)]
      .filter(Boolean).join(' · ') || `The service answers ${answer.status}`;
  } catch {
    return `The service answers ${answer.status} ${answer.statusText}`.trim();
  }
}
