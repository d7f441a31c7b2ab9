import { useCallback, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

function current(): string | null {
  const id = window.location.hash.slice(1);
  return id === "" ? null : id;
}

/** The conversation that the address names, so that it can be linked to and the back button works. */
export function useHash(): [string | null, (id: string | null) => void] {
  const id = useSyncExternalStore(subscribe, current);
  const go = useCallback((next: string | null) => {
    window.location.hash = next ?? "";
  }, []);
  return [id, go];
}
