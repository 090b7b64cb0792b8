/** Rows that the ledger reads to say that nothing is left: test/workerd/ledger/feed.test.ts. */
export const ROWS_OF_EMPTY_PAGE = 2;
