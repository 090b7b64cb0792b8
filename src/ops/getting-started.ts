// What an empty ledger says: where Vast.ai delivers to, and how to send oneself a first event.
import { html } from 'hono/html';
import { WEBHOOK_PATH } from '../endpoint.ts';
import { isThisMachine } from '../this-machine.ts';
import { type Html, whole } from './layout.ts';
import type { Reader } from './reader.ts';

export function gettingStarted({ origin }: Reader): Html {
  const elsewhere = isThisMachine(new URL(origin).hostname) ? '' : ` --url ${origin}`;
  return html`<p>Vast.ai delivers to ${whole(`${origin}${WEBHOOK_PATH}`)}.
      Send yourself a test event${elsewhere && '; it asks for the signing secret'}:</p>
    <pre class="whole">npm run trigger -- outbid${elsewhere}</pre>`;
}
