import { useRef } from "react";

/**
 * Keys for a list whose items come up from below. Of an item that comes to the top, React would leave the element in place and move all those
 * that it passed, a thousand for one; with a key of its own for each time that it comes up, it alone is taken away and put there.
 */
export function useListKeys(ids: readonly string[]): readonly string[] {
  const order = useRef<readonly string[]>([]);
  const times = useRef(new Map<string, number>());
  if (order.current !== ids) {
    for (const id of risen(order.current, ids)) times.current.set(id, (times.current.get(id) ?? 0) + 1);
    order.current = ids;
  }
  return ids.map((id) => `${id} ${times.current.get(id) ?? 0}`);
}

/** Those without which the others stand in the same order before and after. */
function risen(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const here = new Set(after);
  const old = new Set(before);
  const left = before.filter((id) => here.has(id));
  const up = new Set<string>();
  let next = 0;
  for (const id of after) {
    if (!old.has(id)) continue;
    while (next < left.length && up.has(left[next]!)) next++;
    if (left[next] === id) next++;
    else up.add(id);
  }
  return up;
}
