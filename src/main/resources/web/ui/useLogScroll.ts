import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { ChatMessage } from "../client";

const NEAR_BOTTOM = 80;
const NEAR_TOP = 240;
const OLDER_PAUSE_MS = 3_000;

interface Options {
  readonly messages: readonly ChatMessage[];
  readonly hasOlder: boolean;
  loadOlder(): void;
}

/** A row in sight and how far from the top of the log's content it stood. */
interface Landmark {
  readonly row: HTMLElement;
  readonly top: number;
}

/** The log as it was last laid out. */
interface Layout {
  readonly first: string | undefined;
  /** One's own messages that were on their way. */
  readonly pending: ReadonlySet<string>;
  readonly landmarks: readonly Landmark[];
  readonly top: number;
  readonly height: number;
}

/**
 * Where a message log stands: it stays at the bottom if it is there. If it is not, what is being read stays where it is, whatever
 * comes, goes or breaks into other lines above it.
 *
 * @param list the rows, in a log that they are placed by
 */
export function useLogScroll(log: RefObject<HTMLElement>, list: RefObject<HTMLElement>, { messages, hasOlder, loadOlder }: Options) {
  const [atBottom, setAtBottom] = useState(true);
  const bottom = useRef(true);
  /** The newest seq that was at the bottom of the log while it was looked at. */
  const seen = useRef(0);
  const layout = useRef<Layout>({ first: undefined, pending: new Set(), landmarks: [], top: 0, height: 0 });
  const askedAt = useRef(0);

  const toBottom = useCallback(() => {
    const element = log.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [log]);

  const askForOlder = useCallback(() => {
    const element = log.current;
    if (element === null || !hasOlder || element.scrollTop > NEAR_TOP) return;
    if (Date.now() - askedAt.current < OLDER_PAUSE_MS) return;
    askedAt.current = Date.now();
    loadOlder();
  }, [log, hasOlder, loadOlder]);

  const stands = useCallback((near: boolean) => {
    bottom.current = near;
    setAtBottom(near);
  }, []);

  const remember = useCallback(() => {
    const element = log.current!;
    layout.current = {
      ...layout.current,
      landmarks: bottom.current ? [] : landmarks(list.current!, element),
      top: element.scrollTop,
      height: element.scrollHeight,
    };
  }, [log, list]);

  /** Puts back what the reader was looking at, or the bottom. */
  const settle = useCallback(() => {
    const element = log.current!;
    const known = layout.current.landmarks.find(({ row }) => row.isConnected);
    const to = known === undefined ? element.scrollTop : moved(element, known, layout.current.top);
    if (bottom.current) toBottom();
    else if (to !== element.scrollTop) element.scrollTop = to; // or a finger's scrolling would end
    remember();
  }, [log, toBottom, remember]);

  const onScroll = useCallback(() => {
    const element = log.current!;
    stands(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_BOTTOM);
    remember();
    askForOlder();
  }, [log, stands, remember, askForOlder]);

  useLayoutEffect(() => {
    const element = log.current!;
    const last = layout.current;
    const pending = new Set(messages.filter((m) => m.seq === null).map((m) => m.id));
    const sentJustNow = [...pending].some((id) => !last.pending.has(id));
    // the browser tells of scrolling with its next frame only, and a message may come in before it does
    const below = Math.min(last.height, element.scrollHeight) - element.scrollTop - element.clientHeight;
    if (element.scrollTop < last.top && below >= NEAR_BOTTOM) stands(false);
    if (sentJustNow) stands(true);
    if (messages[0]?.id !== last.first) askedAt.current = 0;
    layout.current = { ...last, first: messages[0]?.id, pending };
    settle();
  }, [log, messages, stands, settle]);

  useEffect(askForOlder, [messages.length, askForOlder]);

  useEffect(() => {
    if (bottom.current) seen.current = messages.reduce((most, m) => Math.max(most, m.seq ?? 0), 0);
  }, [atBottom, messages]);

  // a phone's keyboard or a growing composer takes room away, and in another width lines break elsewhere
  useEffect(() => {
    const observer = new ResizeObserver(settle);
    observer.observe(log.current!);
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, [log, list, settle]);

  return { atBottom, seen, onScroll, toBottom };
}

/** The rows in sight, by bisection: there may be thousands above them. */
function landmarks(list: HTMLElement, log: HTMLElement): readonly Landmark[] {
  const rows = list.children as HTMLCollectionOf<HTMLElement>;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.offsetTop + rows[middle]!.offsetHeight <= log.scrollTop) low = middle + 1;
    else high = middle;
  }
  const inSight: Landmark[] = [];
  for (let row = rows[low]; row !== undefined && row.offsetTop < log.scrollTop + log.clientHeight; row = rows[++low]) {
    inSight.push({ row, top: row.offsetTop });
  }
  return inSight;
}

/** Where the log has to be scrolled to for a row that has moved in it to stand where it stood. */
function moved(log: HTMLElement, { row, top }: Landmark, before: number): number {
  const by = row.offsetTop - top;
  const end = log.scrollHeight - log.clientHeight;
  // where rows above are gone, the browser may have scrolled by itself for want of room
  return (by < 0 && log.scrollTop >= end - 1 ? before : log.scrollTop) + by;
}
