import React, { useState } from "react";
import { useParley } from "../client";
import { Chat } from "./Chat";
import { Start } from "./Start";

const CURRENT = "conversation";
const PREVIOUS = "conversation.previous";

/** The customer's side: one conversation at a time; it and the one before are remembered. */
export function CustomerPage(): React.JSX.Element {
  const parley = useParley();
  const [current, setCurrent] = useState(() => parley.keep.read<string>(CURRENT));

  function begin(first: string, name: string): void {
    const id = parley.begin(first, {
      subject: firstLine(first),
      ...(name !== "" && { metadata: { name } }),
    });
    parley.keep.write(CURRENT, id);
    setCurrent(id);
  }

  const previous = parley.keep.read<string>(PREVIOUS);

  function leave(exists: boolean): void {
    if (exists) parley.keep.write(PREVIOUS, current);
    else if (previous === current) parley.keep.remove(PREVIOUS);
    parley.keep.remove(CURRENT);
    setCurrent(null);
  }

  function goBack(): void {
    parley.keep.write(CURRENT, previous);
    setCurrent(previous);
  }

  return (
    <div className="customer">
      {current === null ? (
        <Start onBegin={begin} onBack={previous === null ? null : goBack} />
      ) : (
        <Chat key={current} conversationId={current} onLeave={leave} />
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
