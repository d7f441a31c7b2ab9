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

/**
 * Where a message log stands: it stays at the bottom if it is there, stays put if it is not, and older messages that come
 * in above do not move what is being read.
 */
export function useLogScroll(log: RefObject<HTMLElement>, { messages, hasOlder, loadOlder }: Options) {
  const [atBottom, setAtBottom] = useState(true);
  /** The newest seq that was at the bottom of the log while it was looked at. */
  const [seen, setSeen] = useState(0);
  const bottom = useRef(true);
  /** The log as it was last laid out. */
  const before = useRef<{ first?: string; lastOwn?: string; height: number; top: number }>({ height: 0, top: 0 });
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

  const onScroll = useCallback(() => {
    const element = log.current!;
    before.current.top = element.scrollTop;
    before.current.height = element.scrollHeight; // another width breaks other lines
    stands(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_BOTTOM);
    askForOlder();
  }, [log, stands, askForOlder]);

  useLayoutEffect(() => {
    const element = log.current!;
    const last = before.current;
    const own = messages.filter((m) => m.seq === null).at(-1)?.id;
    const first = messages[0]?.id;
    const sentJustNow = own !== undefined && own !== last.lastOwn;
    const above = last.first !== undefined && first !== undefined && first !== last.first;
    const prepended = above && messages.some((m) => m.id === last.first);
    // the browser tells of scrolling with its next frame only, and a message may come in before it does
    const below = Math.min(last.height, element.scrollHeight) - element.scrollTop - element.clientHeight;
    if (element.scrollTop < last.top && below >= NEAR_BOTTOM) stands(false);
    if (sentJustNow || bottom.current) toBottom();
    else if (prepended) element.scrollTop += element.scrollHeight - last.height;
    else if (above) element.scrollTop = last.top + element.scrollHeight - last.height; // fewer, and the browser may have moved it for want of room
    if (prepended) askedAt.current = 0;
    before.current = { height: element.scrollHeight, top: element.scrollTop, ...(first && { first }), ...(own && { lastOwn: own }) };
  }, [log, messages, stands, toBottom]);

  useEffect(askForOlder, [messages.length, askForOlder]);

  useEffect(() => {
    if (bottom.current) setSeen(messages.reduce((most, m) => Math.max(most, m.seq ?? 0), 0));
  }, [atBottom, messages]);

  // a phone's keyboard or a growing composer takes room away: the newest message stays in sight
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (bottom.current) toBottom();
      if (log.current !== null) before.current.height = log.current.scrollHeight;
    });
    observer.observe(log.current!);
    return () => observer.disconnect();
  }, [log, toBottom]);

  return { atBottom, seen, onScroll, toBottom };
}
