import { useEffect } from 'react';
import { supabase } from './supabase';

export type Message = { id: string; content: string; seq: number };

// As it stands in the application
export const useChatRealtime = (conversationId: string | null, onNewMessage: (msg: Message) => void) => {
  useEffect(() => {
    if (!conversationId) return;
    const channel = supabase
      .channel(`chat:${conversationId}`)
      .on('postgres_changes',
        { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${conversationId}` },
        (payload) => onNewMessage(payload.new as Message))
      .subscribe();
    return () => { supabase.removeChannel(channel); };
  }, [conversationId, onNewMessage]);
};
