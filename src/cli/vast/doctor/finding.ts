// What `doctor` reports: one finding per check, and for each that is not fine what to do about it.

export interface Finding {
  readonly check: string;
  /** `problem`: deliveries are lost or never come. `warning`: look at it. `skipped`: what the check needs was not given. */
  readonly level: 'fine' | 'problem' | 'warning' | 'skipped';
  readonly found: string;
  readonly fix?: string;
}

export const fine = (check: string, found: string): Finding => ({ check, level: 'fine', found });
export const problem = (check: string, found: string, fix: string): Finding => ({
  check,
  level: 'problem',
  found,
  fix,
});
export const warning = (check: string, found: string, fix: string): Finding => ({
  check,
  level: 'warning',
  found,
  fix,
});
export const skipped = (check: string, fix: string): Finding => ({
  check,
  level: 'skipped',
  found: 'not checked',
  fix,
});
