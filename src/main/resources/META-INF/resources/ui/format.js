/** Values as people read them. */

const COUNT = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function count(number) {
  return COUNT.format(number);
}

export function bytes(number) {
  let power = 0;
  while (number >= 1024 && power < UNITS.length - 1) {
    number /= 1024;
    power++;
  }
  return `${power === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${UNITS[power]}`;
}

export function rate(perSecond) {
  if (perSecond === null) {
    return '–';
  }
  return perSecond >= 10 || perSecond === 0 ? count(perSecond) : perSecond.toFixed(1);
}

export function lag(seconds) {
  if (seconds === null || seconds === undefined) {
    return '–';
  }
  if (seconds < 1) {
    return '< 1 s';
  }
  if (seconds < 120) {
    return `${Math.round(seconds)} s`;
  }
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function time(instant) {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? String(instant ?? '') : date.toLocaleTimeString(undefined, {
    hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, fractionalSecondDigits: 3,
  });
}

/** A column's value as text; null for SQL's null. */
export function value(json) {
  if (json === null || json === undefined) {
    return null;
  }
  return typeof json === 'object' ? JSON.stringify(json) : String(json);
}

/** JSON without loss: whole numbers beyond 2^53 stay as they were written. */
export function parse(text) {
  return JSON.parse(text, (_, parsed, context) =>
    typeof parsed === 'number' && Number.isInteger(parsed) && !Number.isSafeInteger(parsed) && context?.source
      ? context.source
      : parsed);
}
