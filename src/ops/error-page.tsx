// The page that says what went wrong, and leads back.
import { LIST, PAGE_ROOT } from './addresses.ts';
import { document } from './layout.tsx';

export function errorPage(title: string, explanations: readonly string[]) {
  return document(
    title,
    <>
      <h1>{title}</h1>
      {explanations.map((explanation) => (
        <p>{explanation}</p>
      ))}
      <p>
        <a href={PAGE_ROOT}>Overview</a> · <a href={LIST}>All events</a>
      </p>
    </>,
  );
}
