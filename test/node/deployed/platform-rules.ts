// The platforms' documented payload rules, as far as they concern our messages, in their own terms:
// what a platform would refuse is refused here with 400.

export interface Rule {
  /** Why the platform would refuse this body; `undefined` where it takes it. */
  complaint(body: string): string | undefined;
  accepted(url: URL): { status: number; body?: string; headers?: Record<string, string> };
}

// biome-ignore lint/suspicious/noExplicitAny: a payload is whatever was sent.
type Json = any;

const characters = (text: unknown) => (typeof text === 'string' ? text.length : -1);
const within = (text: unknown, min: number, max: number) => characters(text) >= min && characters(text) <= max;
const json = (check: (payload: Json) => string | undefined) => (body: string) => {
  if (/\\u[dD][89a-fA-F]/.test(body)) return 'half of a surrogate pair';
  return check(JSON.parse(body));
};

/**
 * docs.slack.dev: incoming webhooks, and the Block Kit reference for header, section, context and
 * text object.
 */
function slackComplaint(payload: Json): string | undefined {
  if (!within(payload.text, 1, 40_000)) return 'no_text';
  if (payload.blocks.length > 50) return 'invalid_blocks';
  for (const block of payload.blocks) {
    switch (block.type) {
      case 'header':
        if (block.text.type !== 'plain_text' || !within(block.text.text, 1, 150)) return 'invalid_blocks: header';
        break;
      case 'section':
        if (!within(block.text.text, 1, 3000)) return 'invalid_blocks: section';
        break;
      case 'context':
        if (block.elements.length < 1 || block.elements.length > 10) return 'invalid_blocks: context';
        if (!block.elements.every((element: Json) => within(element.text, 1, 2000))) return 'invalid_blocks: context';
        break;
      default:
        return `invalid_blocks: ${block.type}`;
    }
  }
  return undefined;
}

/** discord.com/developers/docs: execute webhook, embed object, embed limits. */
function discordComplaint(payload: Json): string | undefined {
  if (!payload.content && !payload.embeds?.length) return 'Cannot send an empty message';
  if (payload.content !== undefined && !within(payload.content, 1, 2000)) return 'content';
  let total = 0;
  for (const embed of payload.embeds) {
    if (!within(embed.title, 1, 256)) return 'embed title';
    if (embed.description !== undefined && !within(embed.description, 1, 4096)) return 'embed description';
    if (!within(embed.footer.text, 1, 2048)) return 'embed footer';
    if (!Number.isInteger(embed.color) || embed.color < 0 || embed.color > 0xff_ff_ff) return 'embed color';
    if (embed.timestamp && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(embed.timestamp)) return 'embed timestamp';
    total += characters(embed.title) + Math.max(characters(embed.description), 0) + characters(embed.footer.text);
  }
  return total > 6000 ? 'embeds hold more than 6000 characters' : undefined;
}

/** developers.google.com/workspace/chat: 32,000 bytes in all; a card's section needs a widget. */
function googleChatComplaint(payload: Json): string | undefined {
  if (Buffer.byteLength(JSON.stringify(payload)) > 32_000) return 'message too long';
  if (!payload.text && !payload.cardsV2?.length) return 'empty message';
  for (const { card } of payload.cardsV2) {
    if (!within(card.header.title, 1, 10_000)) return 'card header without title';
    if (card.sections?.some((section: Json) => !section.widgets?.length)) return 'section without widgets';
  }
  return undefined;
}

export const rules: Record<string, Rule> = {
  slack: { complaint: json(slackComplaint), accepted: () => ({ status: 200, body: 'ok' }) },
  discord: {
    complaint: json(discordComplaint),
    accepted: (url) =>
      url.searchParams.get('wait') === 'true' ? { status: 200, body: '{"id":"1"}' } : { status: 204 },
  },
  'google-chat': {
    complaint: json(googleChatComplaint),
    accepted: () => ({ status: 200, body: '{"name":"spaces/1"}' }),
  },
};
