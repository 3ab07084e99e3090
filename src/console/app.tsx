/** The frame around every screen: header with navigation, banner, and the place of dialogs and notes. */

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isGone } from './api.ts';
import { Header } from './header.tsx';
import { refreshAll } from './live.ts';
import { DialogHost } from './pieces/dialog.tsx';
import { Toasts } from './pieces/toasts.tsx';
import { address, match } from './router.ts';
import { navigation, screens } from './routes.tsx';
import { after } from './timing.ts';

const TITLE = 'Squab';

export function App() {
  const { path } = address.value;
  const found = screens.find(({ pattern }) => match(pattern, path));
  const params = (found && match(found.pattern, path)) ?? {};
  const title = found?.title(params) ?? 'Not found';
  const main = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    document.title = `${title} · ${TITLE}`;
  }, [title]);
  const View = found?.view;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Header parts={navigation} current={found?.part} />
      {isGone.value && <Banner />}
      <main id="main" tabIndex={-1} ref={main}>
        {View ? <View params={params} /> : <NotFound />}
      </main>
      <Toasts />
      <DialogHost />
    </>
  );
}

/** Says that Squab does not answer, and tries until it does. */
function Banner() {
  useEffect(() => {
    let cancel = () => {};
    const check = async () => {
      const answers = await fetch('/health', { cache: 'no-store' }).then(
        () => true,
        () => false,
      );
      if (answers) {
        isGone.value = false;
        refreshAll();
      } else {
        cancel = after(1000, check);
      }
    };
    cancel = after(1000, check);
    return () => cancel();
  }, []);
  return (
    <div class="banner" role="alert">
      <strong>Squab does not answer.</strong> The page shows what it last knew, and continues as soon as Squab is back.
    </div>
  );
}

function NotFound() {
  return (
    <section class="empty">
      <h1>There is no such screen</h1>
      <p>
        The address leads nowhere. Go to <a href="#/queues">the queues</a>.
      </p>
    </section>
  );
}
