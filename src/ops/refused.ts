// A quarantined delivery as it was refused: the reason, the body byte for byte, and the headers.
import type { Refusal } from '../ledger/queries.ts';
import { dumpBody } from './body-dump.ts';
import { Section, Terms } from './layout.tsx';
import { refusalWords } from './words.ts';

export function Refused({ refusal }: { refusal: Refusal }) {
  const body = dumpBody(refusal.body);
  return (
    <Section id="refused" title="Why it was quarantined">
      <p>
        {refusalWords(refusal.reason)} <code>{refusal.reason}</code>
      </p>
      <h3>Body, byte for byte</h3>
      <p class="hint">
        {body.bytes.toLocaleString('en')} bytes, shown as{' '}
        {body.kind === 'text' ? 'text' : 'a hex dump, because it is not UTF-8'}
      </p>
      <pre tabindex={0} class={body.kind}>
        {body.shown}
      </pre>
      {Object.keys(refusal.headers).length > 0 && (
        <>
          <h3>Headers</h3>
          <Terms look="details" rows={Object.entries(refusal.headers)} />
        </>
      )}
    </Section>
  );
}
