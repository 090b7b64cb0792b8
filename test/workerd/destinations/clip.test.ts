import { describe, expect, it } from 'vitest';
import { clip } from '../../../src/destinations/clip.ts';

const bytes = (text: string) => new TextEncoder().encode(text).byteLength;

describe('clip', () => {
  it('leaves a text that just fits as it is', () => {
    expect(clip('x'.repeat(150), 150)).toBe('x'.repeat(150));
  });

  it('ends a text that is one too long in an ellipsis, within the limit', () => {
    expect(clip('x'.repeat(151), 150)).toBe(`${'x'.repeat(149)}…`);
  });

  it('leaves no space before the ellipsis', () => {
    expect(clip('two words', 5)).toBe('two…');
  });

  it.each([5, 6, 7, 8])('never cuts a surrogate pair apart (limit %i)', (limit) => {
    const clipped = clip('😀'.repeat(20), limit);
    expect(clipped.isWellFormed()).toBe(true);
    expect(clipped.length).toBeLessThanOrEqual(limit);
    expect(clipped).toMatch(/^(😀)+…$/u);
  });

  it('never cuts an entity apart', () => {
    expect(clip('&amp;&amp;&amp;', 12)).toBe('&amp;&amp;…');
    expect(clip('&amp;&amp;&amp;', 10)).toBe('&amp;…');
  });

  it.each(['\\*', '<br>', '&lt;'])('never cuts %s apart', (whole) => {
    for (const limit of [5, 6, 7, 8, 9, 10]) {
      expect(clip(whole.repeat(20), limit).slice(0, -1).replaceAll(whole, '')).toBe('');
    }
  });

  it('counts in the measure it is given', () => {
    const clipped = clip('é'.repeat(100), 50, bytes);
    expect(bytes(clipped)).toBeLessThanOrEqual(50);
    expect(bytes(clipped)).toBeGreaterThan(46);
  });

  it('keeps line breaks', () => {
    expect(clip('a\nb', 10)).toBe('a\nb');
  });
});
