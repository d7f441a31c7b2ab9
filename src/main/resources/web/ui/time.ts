import { useEffect, useState } from "react";

const MINUTE = 60_000;

/** The present, told anew every half minute, for times that are relative to it. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE / 2);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDateOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const longDateOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** Empty for what is no date of the browser's: PostgreSQL has `infinity`. */
function format(as: Intl.DateTimeFormat, then: Date): string {
  return Number.isNaN(then.getTime()) ? "" : as.format(then);
}

export function clockTime(timestamp: string): string {
  return format(clock, new Date(timestamp));
}

export function fullTime(timestamp: string): string {
  return format(full, new Date(timestamp));
}

/** As short as a list needs it: `now`, `5 min`, `3 h`, a weekday, a date. */
export function relativeTime(timestamp: string, now: number): string {
  const then = new Date(timestamp);
  const minutes = Math.floor((now - then.getTime()) / MINUTE);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const days = dayNumber(now) - dayNumber(then.getTime());
  if (days === 0) return `${Math.floor(minutes / 60)} h`;
  if (days === 1) return "yesterday";
  if (days < 7) return format(weekday, then);
  return format(sameYear(then, now) ? shortDate : shortDateOfYear, then);
}

export function dayLabel(timestamp: string, now: number): string {
  const then = new Date(timestamp);
  const days = dayNumber(now) - dayNumber(then.getTime());
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return format(sameYear(then, now) ? longDate : longDateOfYear, then);
}

function sameYear(then: Date, now: number): boolean {
  return then.getFullYear() === new Date(now).getFullYear();
}

export function sameDay(a: string, b: string): boolean {
  return dayNumber(new Date(a).getTime()) === dayNumber(new Date(b).getTime());
}

/** Days by the local calendar, so that "yesterday" changes at midnight. */
function dayNumber(time: number): number {
  const date = new Date(time);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
