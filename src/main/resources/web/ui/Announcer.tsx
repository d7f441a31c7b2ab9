import React, { useEffect, useRef, useState } from "react";
import type { ChatMessage, UseConversation } from "../client";

const MOST_SAID = 5;

interface Props {
  chat: UseConversation;
  isMine(message: ChatMessage): boolean;
  senderLabel(message: ChatMessage): string;
}

/** Says new messages of others to those who can't see them. The list itself would read out each page of history. */
export function Announcer({ chat, isMine, senderLabel }: Props): React.JSX.Element {
  const { messages, history } = chat;
  const heard = useRef<number | null>(null);
  const [said, setSaid] = useState<readonly ChatMessage[]>([]);
  useEffect(() => {
    const newest = messages.reduce((most, m) => Math.max(most, m.seq ?? 0), 0);
    const before = heard.current;
    heard.current = history === "ready" ? newest : null;
    if (before === null || history !== "ready") return;
    const fresh = messages.filter((m) => (m.seq ?? 0) > before && !isMine(m));
    if (fresh.length > 0) setSaid((last) => [...last, ...fresh].slice(-MOST_SAID));
  }, [messages, history, isMine]);
  return (
    <div className="visually-hidden" role="log" aria-live="polite" aria-label="New messages">
      {said.filter((message) => messages.some((m) => m.id === message.id)).map((message) => (
        <p key={message.id}>
          {message.sender_role !== "system" && `${senderLabel(message)}: `}
          {message.content}
        </p>
      ))}
    </div>
  );
}
