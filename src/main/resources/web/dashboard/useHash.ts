import { useCallback, useEffect, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function current(): string | null {
  const id = window.location.hash.slice(1);
  return id === "" ? null : id;
}

/** Notes at each entry of the history, when it is new, whether it comes behind the list: later one may come to it from anywhere. */
function note(event?: HashChangeEvent): void {
  if (history.state?.visited === true) return;
  const behindList = event !== undefined && new URL(event.oldURL).hash === "" && current() !== null;
  history.replaceState({ visited: true, behindList }, "");
}

/** Back to where no conversation is named: as the browser's own Back button does it where that leads there, which would open the conversation again otherwise. */
function leave(): void {
  if (history.state?.behindList === true) history.back();
  else window.location.replace("#");
}

/** The conversation that the address names, so that it can be linked to and the back button works; and how to leave it. */
export function useHash(): [string | null, () => void] {
  const id = useSyncExternalStore(subscribe, current);
  useEffect(() => {
    note();
    window.addEventListener("hashchange", note);
    return () => window.removeEventListener("hashchange", note);
  }, []);
  return [id, useCallback(leave, [])];
}
