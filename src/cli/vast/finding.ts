// What `doctor` reports: one finding per check, and for each that is not fine its cure.

export interface Finding {
  readonly check: string;
  /** `problem`: deliveries are lost or never come. `warning`: worth a look. `skipped`: what the check needs was not given. */
  readonly level: 'fine' | 'problem' | 'warning' | 'skipped';
  readonly found: string;
  readonly cure?: string | undefined;
}

export const fine = (check: string, found: string): Finding => ({ check, level: 'fine', found });
export const problem = (check: string, found: string, cure: string): Finding => ({
  check,
  level: 'problem',
  found,
  cure,
});
export const warning = (check: string, found: string, cure: string): Finding => ({
  check,
  level: 'warning',
  found,
  cure,
});
export const skipped = (check: string, cure: string): Finding => ({
  check,
  level: 'skipped',
  found: 'not looked',
  cure,
});
