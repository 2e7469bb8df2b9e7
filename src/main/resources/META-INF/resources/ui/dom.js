/** Elements made without markup: whatever comes from a database is text, never HTML. */

export function byId(id) {
  return document.getElementById(id);
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, text] of Object.entries(attributes)) {
    if (text !== null && text !== undefined) {
      made.setAttribute(key, text);
    }
  }
  made.append(...children);
  return made;
}

/** Shows a text in an element, or hides it when there is none. */
export function say(target, text) {
  if (target.textContent !== (text ?? '')) {
    target.textContent = text ?? '';
  }
  target.hidden = !text;
}
