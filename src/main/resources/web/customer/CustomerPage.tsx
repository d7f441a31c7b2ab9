import React, { useCallback, useMemo, useState } from "react";
import { useParley } from "../client";
import { BegunConversations } from "./begun";
import { Chat } from "./Chat";
import { Start } from "./Start";

/** The customer's side: one conversation at a time; those before are remembered. */
export function CustomerPage(): React.JSX.Element {
  const parley = useParley();
  const begun = useMemo(() => new BegunConversations(parley.keep), [parley]);
  const [current, setCurrent] = useState(() => begun.current);
  const [earlier, setEarlier] = useState(begun.all);

  function begin(first: string, name: string): void {
    const title = firstLine(first);
    const id = parley.begin(first, { subject: title, ...(name !== "" && { metadata: { name } }) });
    begun.add({ id, title });
    open(id);
  }

  function open(id: string): void {
    begun.open(id);
    setCurrent(id);
  }

  function leave(id: string, exists: boolean): void {
    if (!exists) begun.remove(id);
    begun.leave(id);
    setEarlier(begun.all);
    setCurrent(null);
  }

  const forget = useCallback(
    (id: string) => {
      begun.remove(id);
      setEarlier(begun.all);
    },
    [begun],
  );

  return (
    <div className="customer">
      {current === null ? (
        <Start earlier={earlier} onBegin={begin} onOpen={open} onGone={forget} />
      ) : (
        <Chat key={current} conversationId={current} onLeave={(exists) => leave(current, exists)} />
      )}
    </div>
  );
}

/** What the conversation is called in the dashboard's list. */
function firstLine(text: string): string {
  const line = text.trim().split("\n", 1)[0]!.trim();
  const characters = [...line];
  return characters.length > 80 ? `${characters.slice(0, 79).join("")}…` : line;
}
