import React, { useEffect, useState } from "react";
import { useChatRealtime, useConversation, useParley, useTyping } from "../client";
import { Composer } from "../ui/Composer";
import { ConnectionState } from "../ui/ConnectionState";
import { Logo, PlusIcon } from "../ui/icons";
import { MessageLog } from "../ui/MessageLog";
import { Typing } from "../ui/Typing";
import { isMine, senderLabel } from "./sender";

const TITLE = document.title;

export function Chat({ conversationId, onLeave }: { conversationId: string; onLeave(exists: boolean): void }): React.JSX.Element {
  const { sender } = useParley();
  const chat = useConversation(conversationId);
  const { typists, typing } = useTyping(conversationId);
  const [unseen, setUnseen] = useState(0);
  const connection = useChatRealtime(conversationId, (message) => {
    if (document.visibilityState === "hidden" && message.sender_id !== sender.id) setUnseen((n) => n + 1);
  });

  useEffect(() => {
    document.title = unseen > 0 ? `(${unseen}) ${TITLE}` : TITLE;
  }, [unseen]);

  useEffect(() => {
    const seen = (): void => {
      if (document.visibilityState === "visible") setUnseen(0);
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);

  const missing = chat.history === "missing";
  const closed = chat.conversation?.status === "closed";
  const leave = (): void => onLeave(!missing);

  return (
    <main className="card chat">
      <header className="chat-head">
        <Logo size={34} />
        <div className="chat-title">
          <h1>Support</h1>
          <ConnectionState state={missing ? "closed" : connection} />
        </div>
        <button type="button" className="button quiet" onClick={leave} title="Start a new conversation">
          <PlusIcon />
          <span>New</span>
          <span className="visually-hidden">conversation</span>
        </button>
      </header>
      <MessageLog
        chat={chat}
        isMine={isMine}
        senderLabel={senderLabel}
        empty={missing ? "There is nothing here any more." : "Say hello: your first message begins the conversation."}
      />
      <Typing label={typists.some((t) => t.sender_role === "admin") ? "Support is typing" : null} />
      {missing || closed ? (
        <div className="notice" role="status" tabIndex={-1} ref={takeLostFocus}>
          <p>{missing ? "This conversation no longer exists." : "This conversation was closed."}</p>
          <button type="button" className="button" onClick={leave}>
            Start a new conversation
          </button>
        </div>
      ) : (
        <Composer draft={conversationId} placeholder="Write a message…" onSend={chat.send} onTyping={typing} focus />
      )}
    </main>
  );
}

/**
 * The composer, where one was writing, gave way to this: who uses the keyboard goes on from here. Not from the button in it, which the next key
 * of what was being written would press.
 */
function takeLostFocus(notice: HTMLElement | null): void {
  if (document.activeElement === document.body) notice?.focus();
}
