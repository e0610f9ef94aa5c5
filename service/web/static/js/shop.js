// What the shopper page does by itself: the form's summaries, the sheet, chips, saved looks, sharing. Looks come from the server.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const text = (name) => $('#texts').getAttribute(`data-text-${name}`);
  const wish = () => $('#wish');
  const say = (words) => { $('#announce').textContent = words; };
  const token = () => JSON.parse(document.body.getAttribute('hx-headers:inherited'))['X-CSRF-Token'];

  // Pictures in the theme that was chosen here; without a choice the browser picks by itself.
  const picture = (image) => {
    const chosen = document.documentElement.dataset.theme;
    const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    const url = `${image.getAttribute('src').split('?')[0]}?theme=${dark ? 'dark' : 'light'}`;
    if (image.getAttribute('src') !== url) image.setAttribute('src', url);
  };
  const pictures = (root = document) => $$('img[data-picture]', root).forEach(picture);

  // ---- the bar of facets says what is set
  const shown = (control) => {
    if (control.matches('[type=radio], [type=checkbox]')) return control.checked ? control.dataset.label ?? '' : '';
    if (control.matches('select')) return control.value ? control.selectedOptions[0].textContent : '';
    return control.value ? `${control.dataset.prefix ?? ''}${control.value}${control.dataset.suffix ?? ''}` : '';
  };
  const summarise = () => $$('[data-facet]').forEach((facet) => {
    const parts = $$('input, select', facet).map(shown).filter(Boolean);
    $('[data-facet-value]', facet).textContent = parts.join(', ') || text('any');
  });

  // ---- asking
  let counted = 3;
  const begin = (form) => {
    counted = Number(new FormData(form).get('count') || 3);
    $('#read').replaceChildren();
    $('#lacks').replaceChildren();
    $('#looks').replaceChildren();
    $('#outcome').replaceChildren();
    const ghost = $('#ghost').content;
    $('#coming').replaceChildren(...Array.from({ length: counted }, () => ghost.cloneNode(true).firstElementChild));
    $('#progress').textContent = text('busy');
    $('#answer').setAttribute('aria-busy', 'true');
    say(text('busy'));
    $$('details[name=facet]').forEach((facet) => { facet.open = false; });
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if ($('#answer').getBoundingClientRect().top > innerHeight * 0.55) {
      $('#answer').scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
    }
  };
  const end = () => {
    $('#coming').replaceChildren();
    $('#answer').removeAttribute('aria-busy');
    const state = $('#state');
    const done = $('#progress').textContent;
    if (!state) { $('#progress').textContent = ''; return; }
    history.replaceState(null, '', `/?${state.dataset.query}`);
    say(done || $('#lacks').textContent.trim());
    const seed = $('[name=seed]', wish());
    if (seed) seed.remove(); // the next answer may be another one
  };
  const ask = () => {
    const form = wish();
    if (form.reportValidity()) form.requestSubmit($('#go'));
  };

  const notice = (words) => {
    const box = document.createElement('div');
    box.className = 'notice notice--problem';
    box.setAttribute('role', 'alert');
    box.textContent = words;
    return box;
  };
  document.addEventListener('htmx:before:request', (event) => {
    if (event.detail.ctx.sourceElement === wish()) begin(wish());
  });
  document.addEventListener('htmx:finally:request', (event) => {
    if (event.detail.ctx.sourceElement === wish()) end();
  });
  document.addEventListener('htmx:error', (event) => {
    const source = event.detail.ctx?.sourceElement;
    const place = source === wish() ? $('#lacks') : source?.closest?.('.look')?.querySelector('.look__note') ?? $('#sheet-body');
    if (!place) return;
    place.replaceChildren(notice(text('offline')));
  });
  // An answer that is no page, such as a fault in JSON, is said in words.
  document.addEventListener('htmx:after:request', (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status >= 400 && !ctx.response.headers.get('content-type')?.startsWith('text/html')) ctx.text = notice(text('broken')).outerHTML;
  });
  document.addEventListener('htmx:sse:error', () => say(text('offline')));

  // A card that took another's place gets the focus that the other one had.
  document.addEventListener('htmx:after:swap', (event) => {
    pictures();
    mark();
    clauses();
    const source = event.detail.ctx.sourceElement;
    if (source === wish()) return;
    const card = event.detail.ctx.target?.classList?.contains('look') || source?.classList?.contains('look')
      ? $(`[data-place="${event.detail.ctx.target.dataset.place}"]`) : null;
    if (card && (document.activeElement === document.body || !document.activeElement)) {
      const title = $('.look__title', card);
      title.focus({ preventScroll: true });
      say(title.textContent);
    }
  });

  // ---- the sheet
  const sheet = () => $('#sheet');
  const open = (button) => {
    $('#sheet-title').textContent = button.dataset.title ?? '';
    const template = button.dataset.template && $(`#t-${button.dataset.template}`);
    $('#sheet-body').replaceChildren((template ?? $('#t-wait')).content.cloneNode(true));
    htmx.process($('#sheet-body'));
    if (!sheet().open) sheet().showModal();
    ($('#sheet-body input:not([type=hidden])') ?? $('#sheet-title')).focus();
  };

  // ---- saved looks, in this browser alone
  const read = () => {
    try { return JSON.parse(localStorage.getItem('stylist.saved') || '[]').filter((id) => typeof id === 'string'); } catch { return []; }
  };
  const keep = (ids) => {
    try { localStorage.setItem('stylist.saved', JSON.stringify(ids.slice(0, 40))); } catch { /* not kept, then */ }
    mark();
  };
  const mark = () => {
    const saved = read();
    $$('[data-saved-count]').forEach((count) => { count.textContent = saved.length || ''; });
    $$('[data-save]').forEach((button) => {
      const on = saved.includes(button.dataset.save);
      button.setAttribute('aria-pressed', on);
      button.textContent = on ? text('saved') : text('save');
    });
  };
  const showSaved = () => {
    const query = read().map((id) => `id=${encodeURIComponent(id)}`).join('&');
    htmx.ajax('GET', `/ui/saved?${query}`, { target: '#sheet-body', swap: 'innerHTML' });
  };

  const share = async (path) => {
    const url = new URL(path, location.href).href;
    if (navigator.share && matchMedia('(pointer: coarse)').matches) {
      try { await navigator.share({ url }); return true; } catch { return false; }
    }
    try { await navigator.clipboard.writeText(url); } catch { return false; }
    return true;
  };

  // ---- chips: what was understood is taken back or said otherwise, in the words or in the form
  // What was understood is often but the heart of what was said: "200" of "under 200 euros". A short clause goes whole.
  const escape = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const clauseOf = (words) => {
    const found = new RegExp(escape(words), 'iu');
    const clause = $('#wish-text').value.split(/[,;.。、，؛،\n]/u).find((part) => found.test(part));
    return clause && (clause.trim().split(/\s+/).length <= 6 && $('#wish-text').value.trim() !== clause.trim()) ? clause.trim() : words;
  };
  const BEFORE = '(?:(?:no|not|without|under|below|up to|with my|ohne|keine?[nr]?|unter|bis|sans|pas de|moins de|sin|menos de|senza|sotto i|sem|até|geen|zonder|onder|bez|do)\\s+)?';
  const reword = (words, instead) => {
    const area = $('#wish-text');
    const found = new RegExp(instead ? escape(words) : BEFORE + escape(clauseOf(words)), 'iu');
    const rest = area.value.replace(found, () => instead);
    area.value = rest.replace(/(^|[,;،、，])(\s*[,;،、，])+/gu, '$1').replace(/^[\s,;]+|[\s,;]+$/g, '').replace(/\s{2,}/g, ' ');
  };
  const clauses = () => $$('[data-resay]:not([data-words=""])').forEach((form) => {
    const clause = clauseOf(form.dataset.words);
    form.dataset.words = clause;
    form.elements.words.value = clause;
  });
  const put = (control, value) => {
    $$(`[name="${control}"]`, wish()).forEach((input) => {
      if (input.matches('[type=radio]')) input.checked = input.value === value;
      else if (input.matches('[type=checkbox]')) input.checked = Boolean(value);
      else if (input.matches('[type=hidden]')) { if (!value) input.closest('li')?.remove(); else input.value = value; }
      else input.value = value;
    });
    summarise();
  };
  const unsay = (button) => {
    const { words, control } = button.dataset;
    if (words) reword(words, '');
    else if (control === 'count') put('count', '3');
    else if (control) put(control, '');
    $('#wish-text').value ? ask() : $('#wish-text').focus();
  };
  const resay = (form) => {
    const { words, control } = form.dataset;
    const data = new FormData(form);
    if (words) reword(words, data.get('words').trim());
    else if (control) put(control, data.get('value').trim());
    form.closest('[popover]')?.hidePopover();
    ask();
  };

  // ---- pieces to build around
  const give = (kind, sku, name, list) => {
    const item = $('#t-given-own').content.cloneNode(true).firstElementChild;
    $('input', item).name = kind;
    $('input', item).value = sku;
    $('[data-title]', item).textContent = name;
    if (kind !== 'own') $('small', item)?.remove();
    $('[data-remove]', item).setAttribute('aria-label', $('[data-remove]', item).getAttribute('aria-label').trim() + ' ' + name);
    if (!$$('input', list).some((input) => input.name === kind && input.value === sku)) list.append(item);
  };

  const clicks = {
    'data-example': (button) => { $('#wish-text').value = button.dataset.example; ask(); },
    'data-close': () => sheet().close(),
    'data-unsay': unsay,
    'data-facet-open': (button) => {
      const facet = $(`[data-facet="${button.dataset.facetOpen}"]`);
      facet.scrollIntoView({ block: 'center' });
      setTimeout(() => { facet.open = true; $('input, select', facet).focus(); });
    },
    'data-remove': (button) => button.closest('li').remove(),
    'data-given': (button) => {
      const { given, sku, name } = button.dataset;
      if (given === 'basket') { give('sku', sku, name, $('#basket')); return; }
      give('anchor', sku, name, $('#given'));
      sheet().close();
      $('#wish-text').focus();
    },
    'data-save': (button) => {
      const id = button.dataset.save;
      const saved = read();
      keep(saved.includes(id) ? saved.filter((other) => other !== id) : [id, ...saved]);
    },
    'data-forget': (button) => { keep(read().filter((id) => id !== button.dataset.forget)); showSaved(); },
    'data-share': async (button) => {
      const note = button.closest('.look').querySelector('.look__note');
      if (await share(button.dataset.share)) { say(text('copied')); note.textContent = text('copied'); } else note.textContent = new URL(button.dataset.share, location.href).href;
    },
    'data-basket': (link) => {
      const place = link.closest('.look').dataset.place;
      const body = new URLSearchParams({ type: 'add_to_basket', place });
      fetch(link.dataset.basket, { method: 'POST', body, keepalive: true, headers: { 'X-CSRF-Token': token() } }).catch(() => {});
    },
  };

  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-open]');
    if (opener) {
      open(opener);
      if (opener.hasAttribute('data-saved')) showSaved();
    }
    for (const [name, act] of Object.entries(clicks)) {
      const found = event.target.closest?.(`[${name}]`);
      if (found) { act(found); break; }
    }
    if (event.target === sheet()) sheet().close(); // the veil beside it
    if (!event.target.closest?.('.facet')) $$('details[name=facet][open]').forEach((facet) => { facet.open = false; });
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.matches('[data-resay]')) { event.preventDefault(); resay(form); }
    if (form.matches('[data-own]')) {
      event.preventDefault();
      const own = $('input', form).value.trim();
      if (own) give('own', own, own, $('#given'));
      sheet().close();
      $('#wish-text').focus();
    }
    if (form.matches('.look__form')) event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') $$('details[name=facet][open]').forEach((facet) => { facet.open = false; $('summary', facet).focus(); });
    if (event.key !== 'Enter' || event.isComposing) return;
    if (event.target.id === 'wish-text' && !event.shiftKey) { event.preventDefault(); ask(); }
    if (event.target.matches('[data-enter]')) { event.preventDefault(); if (event.target.value.trim()) event.target.nextElementSibling.click(); }
  });
  document.addEventListener('change', (event) => {
    if (event.target.closest('[data-facet]')) summarise();
    if (event.target.matches('[data-language]')) {
      const query = new URLSearchParams(location.search);
      query.set('lang', event.target.value);
      location.search = query;
    }
  });
  document.addEventListener('input', (event) => { if (event.target.closest('[data-facet]')) summarise(); });
  document.addEventListener('stylist:theme', () => pictures());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => pictures());

  const start = () => {
    mark();
    pictures();
    if (!wish()) return;
    summarise();
    if ($('#wish-text').value) ask();
    else if (matchMedia('(pointer: fine)').matches) $('#wish-text').focus({ preventScroll: true });
  };
  // After htmx, which listens for the same moment: a form that is sent before would load the page again.
  if (document.readyState === 'complete') start(); else document.addEventListener('DOMContentLoaded', () => setTimeout(start));
})();
