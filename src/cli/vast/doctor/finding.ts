// What `doctor` reports: one finding per check, and for each that is not fine what to do about it.

export interface Finding {
  readonly check: string;
  /** `problem`: deliveries are lost or never come. `skipped`: what the check needs is not set. */
  readonly level: 'fine' | 'problem' | 'warning' | 'skipped';
  readonly found: string;
  readonly fix?: string;
}

/** The findings of one check. */
export function about(check: string) {
  return {
    fine: (found: string): Finding => ({ check, level: 'fine', found }),
    problem: (found: string, fix: string): Finding => ({ check, level: 'problem', found, fix }),
    warning: (found: string, fix: string): Finding => ({ check, level: 'warning', found, fix }),
    skipped: (fix: string): Finding => ({ check, level: 'skipped', found: 'not checked', fix }),
  };
}
