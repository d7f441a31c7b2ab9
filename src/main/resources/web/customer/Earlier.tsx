import React, { useEffect } from "react";
import { useConversation } from "../client";
import { fullTime, relativeTime, useNow } from "../ui/time";
import type { Begun } from "./begun";
import { senderLabel } from "./sender";

interface Props {
  conversations: readonly Begun[];
  onOpen(id: string): void;
  /** There is no such conversation any more. */
  onGone(id: string): void;
}

/** The conversations to go back to, live: an answer may come in one while another is being begun. */
export function Earlier({ conversations, onOpen, onGone }: Props): React.JSX.Element {
  const now = useNow();
  return (
    <section className="earlier" aria-labelledby="earlier">
      <h2 id="earlier">Your conversations</h2>
      <ul>
        {conversations.map((begun) => (
          <Item key={begun.id} begun={begun} now={now} onOpen={onOpen} onGone={onGone} />
        ))}
      </ul>
    </section>
  );
}

type ItemProps = Pick<Props, "onOpen" | "onGone"> & { begun: Begun; now: number };

function Item({ begun, now, onOpen, onGone }: ItemProps): React.JSX.Element {
  const { conversation, messages, history } = useConversation(begun.id);
  const last = messages.at(-1);
  useEffect(() => {
    if (history === "missing") onGone(begun.id);
  }, [history, begun.id, onGone]);
  return (
    <li>
      <button type="button" onClick={() => onOpen(begun.id)}>
        <span className="earlier-title" dir="auto">{conversation?.subject ?? (begun.title || "Earlier conversation")}</span>
        {last !== undefined && (
          <>
            <time dateTime={last.created_at} title={fullTime(last.created_at)}>
              {relativeTime(last.created_at, now)}
            </time>
            <span className="earlier-last" dir="auto">
              {last.sender_role !== "system" && `${senderLabel(last)}: `}
              {last.content.slice(0, 200)}
            </span>
          </>
        )}
      </button>
    </li>
  );
}
