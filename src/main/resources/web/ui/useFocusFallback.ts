import { useLayoutEffect, useRef, type RefObject } from "react";

/**
 * Where what had the focus is gone from `frame` (a button that has done its work, an item that comes up as another element), `fallback` says what gets it: who
 * uses the keyboard would begin again at the page's top. Returns the ref for the frame.
 */
export function useFocusFallback<T extends HTMLElement>(fallback: (frame: T, lost: HTMLElement) => HTMLElement | null): RefObject<T> {
  const frame = useRef<T>(null);
  const focused = frame.current?.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  useLayoutEffect(() => {
    if (focused !== null && !focused.isConnected) fallback(frame.current!, focused)?.focus({ preventScroll: true });
  });
  return frame;
}
