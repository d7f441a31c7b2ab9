import { createClient } from '@supabase/supabase-js';

const address = new URL(location.href).searchParams;
const options = address.get('vsn') === '1.0.0' ? { realtime: { vsn: '1.0.0' } } : undefined;

export const supabase = createClient(address.get('api')!, address.get('key')!, options);

// For the test, which waits until all that the page subscribes to is there
(window as any).supabase = supabase;
