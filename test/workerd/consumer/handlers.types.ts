// Compiled, never run: what must not build. `npm run types` fails where one of these mistakes
// compiles.
import { defineHandlers } from '../../../src/consumer/define-handlers.ts';

export const correct = defineHandlers({
  outbid: async (event, context) => {
    const type: 'outbid' = event.type;
    const texts: string[] = [event.data.subject, event.data.message, context.idempotencyKey];
    await context.once('note', async () => context.log(type, { note: String(texts.length) }));
  },
  'resource.created': (event) => {
    const anything: unknown = event.data.instance_id;
    return void anything;
  },
  fallback: (event) => {
    const type: string = event.type;
    return void type;
  },
});

// @ts-expect-error: without a fallback, types without a handler would vanish
defineHandlers({ outbid: () => {} });

defineHandlers({
  fallback: () => {},
  // @ts-expect-error: a mistyped event name
  outbit: () => {},
});

defineHandlers({
  fallback: () => {},
  outbid: (event) => {
    // @ts-expect-error: a field that this payload does not have
    void event.data.instance_id;
  },
});

defineHandlers({
  fallback: (event) => {
    // @ts-expect-error: nothing is known of a payload whose type is not
    const text: string = event.data.message;
    return void text;
  },
});

defineHandlers({
  fallback: () => {},
  low_credit: (event) => {
    // @ts-expect-error: another type than the handler's own
    const type: 'outbid' = event.type;
    return void type;
  },
});

defineHandlers({
  fallback: (_event, context) => {
    // @ts-expect-error: a context member that does not exist
    void context.retry;
  },
});

defineHandlers({
  fallback: async (_event, context) => {
    const look = await context.instance();
    // @ts-expect-error: nothing can be read of an instance before its kind is known
    void look.instance;
    // @ts-expect-error: nor when it was read
    void look.readAt;
    if (look.kind === 'unknown') {
      const reason: 'no_key' | 'no_id' | 'gone' | 'unreachable' = look.reason;
      // @ts-expect-error: nor where it is not
      return void [reason, look.instance];
    }
    const gpu: string | null = look.instance.gpu_name;
    // @ts-expect-error: a column that is not read
    void look.instance.jupyter_token;
    return void [gpu, look.readAt];
  },
});

defineHandlers({
  fallback: (event, context) => {
    // @ts-expect-error: a log line takes no payload
    context.log('seen', { payload: event.data });
  },
});
