// What the console does by itself: pictures in the chosen theme, local times, notices, empty fields. Pages come from the server.
(() => {
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const notice = () => document.getElementById('notice');
  const dark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  };
  const picture = (image) => {
    const url = new URL(image.getAttribute('src'), location.href);
    const theme = dark() ? 'dark' : 'light';
    if (url.searchParams.get('theme') === theme || (theme === 'light' && !url.searchParams.has('theme'))) return;
    url.searchParams.set('theme', theme);
    image.src = url.pathname + url.search;
  };
  const moment = (time) => {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    time.textContent = at.toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
    time.removeAttribute('data-local');
  };
  // A field of local time shows the moment that is kept.
  const local = (input) => {
    const at = new Date(input.dataset.utc);
    if (Number.isNaN(at.getTime())) return;
    input.value = new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    input.removeAttribute('data-utc');
  };
  const show = () => {
    $$('img[data-picture]').forEach(picture);
    $$('time[data-local]').forEach(moment);
    $$('input[data-utc]').forEach(local);
    $$('input[data-offset]').forEach((input) => { input.value = String(new Date().getTimezoneOffset()); });
    document.dispatchEvent(new CustomEvent('stylist:shown'));
  };
  const say = (words) => {
    const box = document.createElement('div');
    box.className = 'notice notice--problem';
    box.setAttribute('role', 'alert');
    box.textContent = words;
    notice()?.replaceChildren(box);
  };

  document.addEventListener('htmx:config:request', (event) => {
    const { request, sourceElement } = event.detail.ctx;
    const form = sourceElement.closest?.('form');
    if (!form?.matches('[data-sparse]') || !(request.body instanceof FormData)) return;
    for (const name of new Set(request.body.keys())) {
      const said = request.body.getAll(name).filter((value) => typeof value !== 'string' || value.trim());
      request.body.delete(name);
      said.forEach((value) => request.body.append(name, value));
    }
  });
  document.addEventListener('htmx:before:request', (event) => {
    if (!event.detail.ctx.sourceElement.matches?.('[data-job]')) notice()?.replaceChildren();
  });
  document.addEventListener('htmx:after:request', (event) => {
    const { response } = event.detail.ctx;
    if (response.status >= 400 && !response.headers.get('content-type')?.startsWith('text/html') && !response.headers.get('hx-redirect')) say('That did not work. Try again.');
  });
  document.addEventListener('htmx:error', () => say('No connection. Try again.'));
  document.addEventListener('htmx:after:swap', () => {
    show();
    const said = notice();
    if (said?.firstElementChild && said.getBoundingClientRect().top < 0) said.scrollIntoView({ block: 'start' });
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-sold-out]');
    if (button) $$('[name=quantity]', button.form ?? button.closest('form')).forEach((input) => { input.value = '0'; });
  });
  document.addEventListener('stylist:theme', show);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
})();
