import React, { useCallback, useEffect, useState } from "react";
import { useChatRealtime, useConversation, useTyping, type ChatMessage, type ConversationSummary, type UseConversations } from "../client";
import { Composer } from "../ui/Composer";
import { ConnectionState } from "../ui/ConnectionState";
import { Flag } from "../ui/Flag";
import { BackIcon } from "../ui/icons";
import { MessageLog } from "../ui/MessageLog";
import { customerName } from "../ui/person";
import { Typing } from "../ui/Typing";

interface Props extends Pick<UseConversations, "markRead" | "setStatus"> {
  conversationId: string;
  /** Null while the list does not have it. */
  summary: ConversationSummary | null;
  onBack(): void;
  onEscape(): void;
}

export function ActiveConversation(props: Props): React.JSX.Element {
  const { conversationId, summary, markRead, setStatus, onBack, onEscape } = props;
  const chat = useConversation(conversationId);
  const { typists, typing } = useTyping(conversationId);
  const connection = useChatRealtime(conversationId);
  const [problem, setProblem] = useState<string | null>(null);
  const [changing, setChanging] = useState(false);

  const conversation = summary ?? chat.conversation;
  const closed = conversation?.status === "closed";
  const missing = chat.history === "missing";
  const name = customerName(conversation);
  const senderLabel = useCallback((message: ChatMessage) => (isMine(message) ? "You" : name), [name]);
  useMarkRead(conversationId, summary?.last_seq ?? 0, markRead);

  async function changeStatus(): Promise<void> {
    if (changing) return;
    setChanging(true);
    setProblem(null);
    try {
      await setStatus(conversationId, closed ? "open" : "closed");
    } catch {
      setProblem(closed ? "It could not be reopened. Try again." : "It could not be closed. Try again.");
    } finally {
      setChanging(false);
    }
  }

  return (
    <main className="pane chat">
      <header className="chat-head">
        <button type="button" className="back" onClick={onBack} aria-label="Back to the list">
          <BackIcon />
        </button>
        <Flag id={conversation?.customer_id ?? conversationId} size={38} />
        <div className="chat-title">
          <h2>
            <span className="chat-name" dir="auto">{name}</span>
            {closed && <span className="badge">closed</span>}
          </h2>
          {connection === "live" || missing ? (
            <p className="chat-subject" dir="auto">{conversation?.subject ?? " "}</p>
          ) : (
            <ConnectionState state={connection} />
          )}
        </div>
        {conversation !== null && !missing && (
          // not disabled while it works: that would take the focus from whoever pressed it by keyboard
          <button type="button" className="button quiet" aria-disabled={changing} onClick={() => void changeStatus()}>
            {closed ? "Reopen" : "Close"}
            <span className="visually-hidden">conversation</span>
          </button>
        )}
      </header>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <MessageLog
        chat={chat}
        isMine={isMine}
        senderLabel={senderLabel}
        empty={missing ? "There is no such conversation." : "No messages yet."}
      />
      <Typing label={typists.some((t) => t.sender_role === "customer") ? `${name} is typing` : null} />
      {!missing && (
        <Composer
          draft={conversationId}
          placeholder={closed ? "Closed; write anyway…" : "Write an answer…"}
          onSend={chat.send}
          onTyping={typing}
          onEscape={onEscape}
          focus
        />
      )}
    </main>
  );
}

function isMine(message: ChatMessage): boolean {
  return message.sender_role === "admin";
}

/** What is open before somebody's eyes counts as read. */
function useMarkRead(id: string, lastSeq: number, markRead: (id: string) => void): void {
  useEffect(() => {
    const mark = (): void => {
      if (document.visibilityState === "visible") markRead(id);
    };
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [id, lastSeq, markRead]);
}
