// The platforms' documented payload rules, as far as they concern our messages, in their own terms:
// what a platform would refuse is refused here, with its own status and body.

export interface Refusal {
  readonly status: number;
  readonly body: string;
}

export interface Rule {
  /** Why the platform would refuse this body; `undefined` where it takes it. */
  complaint(body: string): Refusal | undefined;
  accepted(url: URL, body: string): { status: number; body?: string; headers?: Record<string, string> };
}

// biome-ignore lint/suspicious/noExplicitAny: a payload is whatever was sent.
type Json = any;

const characters = (text: unknown) => (typeof text === 'string' ? text.length : -1);
const within = (text: unknown, min: number, max: number) => characters(text) >= min && characters(text) <= max;
const bytes = (text: unknown) => Buffer.byteLength(String(text));
const json =
  (
    check: (payload: Json) => string | Refusal | undefined,
    refuse = (body: string): Refusal => ({ status: 400, body }),
  ) =>
  (body: string) => {
    if (/\\u[dD][89a-fA-F]/.test(body)) return refuse('half of a surrogate pair');
    const complaint = check(JSON.parse(body));
    return typeof complaint === 'string' ? refuse(complaint) : complaint;
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

const ntfyRefusal = (code: number, error: string): Refusal => {
  const http = Math.floor(code / 100);
  return { status: http, body: JSON.stringify({ code, http, error, link: 'https://ntfy.sh/docs/publish/' }) };
};

/**
 * docs.ntfy.sh, "Publish as JSON" and "Limitations"; the errors' numbers and the limit of the whole
 * body, twice the message's, are from the server's source (`errors.go`, `server.go`, `config.go`).
 * This one keeps no attachments, which is what a longer message becomes.
 */
function ntfyComplaint(payload: Json): Refusal | undefined {
  const texts = [payload.topic, payload.title ?? '', payload.message ?? '', payload.click ?? ''];
  const tags = payload.tags ?? [];
  if (texts.some((text) => typeof text !== 'string') || !tags.every((tag: unknown) => typeof tag === 'string')) {
    return ntfyRefusal(40017, 'invalid request: request body must be message JSON');
  }
  if (!/^[-_A-Za-z0-9]{1,64}$/.test(payload.topic)) return ntfyRefusal(40009, 'invalid request: topic invalid');
  if (!Number.isInteger(payload.priority ?? 3) || payload.priority < 0 || payload.priority > 5) {
    return ntfyRefusal(40007, 'invalid priority parameter');
  }
  if (bytes(payload.title ?? '') > 1024) return ntfyRefusal(40057, 'invalid request: title too long');
  if (bytes(tags.join(',')) > 512) return ntfyRefusal(40058, 'invalid request: tags too long');
  if (bytes(payload.message) > 4096) return ntfyRefusal(40014, 'invalid request: attachments not allowed');
  return undefined;
}

const telegramRefusal = (code: number, description: string): Refusal => ({
  status: code,
  body: JSON.stringify({ ok: false, error_code: code, description }),
});

/** core.telegram.org/bots/api: sendMessage, MessageEntity, InlineKeyboardButton, errors. */
function telegramComplaint(payload: Json): string | undefined {
  const {
    chat_id,
    text,
    entities = [],
    parse_mode,
    reply_markup,
    link_preview_options,
    disable_notification,
  } = payload;
  if (!/^(-?\d+|@\w+)$/.test(String(chat_id))) return 'Bad Request: chat not found';
  if (!within(text, 1, Number.POSITIVE_INFINITY) || text.trim() === '') return 'Bad Request: message text is empty';
  if (characters(text) > 4096) return 'Bad Request: message is too long';
  if (parse_mode !== undefined && !['MarkdownV2', 'HTML', 'Markdown'].includes(parse_mode)) {
    return 'Bad Request: unsupported parse_mode';
  }
  for (const { type, offset, length } of entities) {
    if (!['bold', 'italic', 'code', 'pre', 'blockquote', 'text_link'].includes(type))
      return 'Bad Request: wrong entity';
    if (offset < 0 || length < 1 || offset + length > characters(text)) return 'Bad Request: entity out of the text';
  }
  if (![undefined, true, false].includes(disable_notification)) return 'Bad Request: boolean expected';
  if (![undefined, true, false].includes(link_preview_options?.is_disabled)) return 'Bad Request: boolean expected';
  for (const button of reply_markup?.inline_keyboard?.flat() ?? []) {
    if (!within(button.text, 1, 1000)) return 'Bad Request: text of the button is empty';
    const url = URL.parse(button.url);
    const isPublic = ['https:', 'http:'].includes(url?.protocol ?? '') && url?.hostname.includes('.');
    if (!isPublic || /^127\./.test(url?.hostname ?? '')) {
      return `Bad Request: inline keyboard button URL '${button.url}' is invalid: Wrong HTTP URL`;
    }
  }
  return undefined;
}

const pagerdutyRefusal = (error: string): Refusal => ({
  status: 400,
  body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors: [error] }),
});

/** developer.pagerduty.com, "Send an Alert Event" and "Events API v2 Overview". */
function pagerdutyComplaint({ routing_key, event_action, dedup_key, payload, links = [] }: Json): string | undefined {
  if (!within(routing_key, 32, 32)) return "Length of 'routing_key' is incorrect (should be 32 characters)";
  if (!['trigger', 'acknowledge', 'resolve'].includes(event_action)) return "'event_action' is invalid";
  if (dedup_key !== undefined && !within(dedup_key, 1, 255)) return "Length of 'dedup_key' is incorrect";
  if (event_action !== 'trigger' && dedup_key === undefined) return "'dedup_key' is missing or blank";
  if (event_action === 'trigger' && payload === undefined) return "'payload' is missing or blank";
  if (payload !== undefined) {
    if (!within(payload.summary, 1, 1024)) return "'payload.summary' is missing, blank or too long";
    if (!within(payload.source, 1, 255)) return "'payload.source' is missing or blank";
    if (!['critical', 'error', 'warning', 'info'].includes(payload.severity)) return "'payload.severity' is invalid";
    const { timestamp, custom_details } = payload;
    if (timestamp !== undefined && !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d{4})$/.test(timestamp)) return 'timestamp';
    if (custom_details !== undefined && typeof custom_details !== 'object')
      return "'payload.custom_details' is invalid";
  }
  return links.every(({ href }: Json) => URL.canParse(href)) ? undefined : "'links' is invalid";
}

const ntfyRules = json(ntfyComplaint);
const pagerdutyRules = json(pagerdutyComplaint, pagerdutyRefusal);

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
  ntfy: {
    complaint: (body) => (bytes(body) > 2 * 4096 ? ntfyRefusal(41303, 'JSON body too large') : ntfyRules(body)),
    accepted: () => ({ status: 200, body: '{"id":"sPs71M8A2T","event":"message"}' }),
  },
  telegram: {
    complaint: json(telegramComplaint, (description) => telegramRefusal(400, description)),
    accepted: () => ({ status: 200, body: '{"ok":true,"result":{"message_id":1}}' }),
  },
  pagerduty: {
    complaint: (body) => (bytes(body) > 512 * 1024 ? { status: 413, body: 'Payload Too Large' } : pagerdutyRules(body)),
    accepted: (_, body) => ({
      status: 202,
      body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: JSON.parse(body).dedup_key }),
    }),
  },
};
