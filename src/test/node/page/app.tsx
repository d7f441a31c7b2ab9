import { StrictMode, useCallback, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { supabase } from './supabase';
import { type Message, useChatRealtime } from './useChatRealtime';

type Conversation = { id: string; subject: string };

const address = new URL(location.href).searchParams;
const me = address.get('me')!;

function useTyping(conversationId: string | null, setShowTyping: (shown: boolean) => void) {
  const current = useRef<ReturnType<typeof supabase.channel> | null>(null);
  useEffect(() => {
    if (!conversationId) return;
    const channel = supabase.channel(`typing:${conversationId}`);
    channel.on('broadcast', { event: 'typing' }, (payload) => { setShowTyping(true); });
    channel.subscribe();
    current.current = channel;
    return () => { supabase.removeChannel(channel); };
  }, [conversationId, setShowTyping]);
  return useCallback(() => {
    current.current?.send({ type: 'broadcast', event: 'typing', payload: { userId: me } });
  }, []);
}

function Chat({ conversationId }: { conversationId: string | null }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [showTyping, setShowTyping] = useState(false);
  // Nothing is sorted out here: a message that came twice would be shown twice
  useChatRealtime(conversationId, useCallback((msg: Message) => { setMessages((all) => [...all, msg]); setShowTyping(false); }, []));
  const typing = useTyping(conversationId, setShowTyping);
  return (
    <main>
      <h1>{me}</h1>
      <ol aria-label="Messages">{messages.map((message, i) => <li key={i}>{message.content}</li>)}</ol>
      <p className="typing">{showTyping && 'Somebody is typing…'}</p>
      <input aria-label="Message" disabled={!conversationId} onChange={typing} onKeyDown={(event) => {
        if (event.key === 'Enter') {
          // The application's own way to its database
          fetch('/send', { method: 'POST', body: JSON.stringify({ conversation: conversationId, content: event.currentTarget.value }) });
          event.currentTarget.value = '';
        }
      }} />
    </main>
  );
}

function Sidebar() {
  const [conversations, setConversations] = useState<Conversation[]>([]);
  useEffect(() => {
    const addNewConversationToSidebar = (conversation: Conversation) => setConversations((all) => [conversation, ...all]);
    const channel = supabase.channel('admin-global')
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'conversations' }, (payload) => addNewConversationToSidebar(payload.new as Conversation))
      .subscribe();
    return () => { supabase.removeChannel(channel); };
  }, []);
  return <ul aria-label="Conversations">{conversations.map((conversation, i) => <li key={i}>{conversation.subject}</li>)}</ul>;
}

function App() {
  const [conversationId, setConversationId] = useState<string | null>(address.get('conversation'));
  return (
    <>
      <aside>
        {me === 'admin' && <Sidebar />}
        <button onClick={() => setConversationId(null)}>Leave</button>
        <button onClick={() => setConversationId(address.get('conversation'))}>Come back</button>
      </aside>
      <Chat conversationId={conversationId} />
    </>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
