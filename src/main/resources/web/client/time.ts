/**
 * Orders two timestamps of the service. `Date` would drop the microseconds; all of them are UTC and differ in form only
 * by the fraction, whose trailing zeros are left out.
 */
export function compareTimestamps(a: string, b: string): number {
  const left = sortable(a);
  const right = sortable(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A list that is sorted again and again asks for the same ones. */
const forms = new Map<string, string>();
const MOST_FORMS = 5_000;

function sortable(timestamp: string): string {
  let form = forms.get(timestamp);
  if (form === undefined) {
    if (forms.size >= MOST_FORMS) forms.clear();
    forms.set(timestamp, (form = padded(timestamp)));
  }
  return form;
}

function padded(timestamp: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(timestamp);
  return match === null ? timestamp : `${match[1]}T${match[2]}.${(match[3] ?? "").padEnd(6, "0")}`;
}
