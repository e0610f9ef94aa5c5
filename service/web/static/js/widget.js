// <stylist-look sku="…">: complete the look for one piece, on a page of the store.
// Its box keeps one size from the first paint on. Colours and type follow CSS variables, else the page around it.
(() => {
  if (customElements.get('stylist-look')) return;
  const HOME = new URL(document.currentScript?.src || location.href).origin;
  const TEXTS = __TEXTS__;
  const BASKET = __BASKET__;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: block; contain: layout style; container-type: inline-size; color: var(--stylist-ink, CanvasText); background: var(--stylist-paper, transparent); font: var(--stylist-font, inherit); line-height: 1.45; text-align: start; }
    :host([hidden]) { display: none; }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    section { display: grid; grid-template-rows: auto minmax(0, 1fr); gap: var(--stylist-gap, 1rem); block-size: var(--stylist-height, 58rem); }
    header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .25rem 1rem; min-block-size: 2.5rem; }
    h2 { font: var(--stylist-heading-font, inherit); font-size: 1.375rem; line-height: 1.25; font-weight: var(--stylist-heading-weight, 500); }
    .body { display: grid; gap: var(--stylist-gap, 1rem); grid-template-rows: minmax(0, 1fr) minmax(0, auto); min-block-size: 0; }
    .plate { background: var(--stylist-ground, #f3ece0); border-radius: var(--stylist-radius, 0); overflow: hidden; display: grid; place-items: center; min-block-size: 0; }
    .plate img { inline-size: 100%; block-size: 100%; object-fit: contain; display: block; }
    .plate svg { inline-size: 22%; stroke: var(--stylist-line, #cfcac0); }
    .side { display: grid; grid-template-rows: minmax(0, 1fr) auto; gap: .75rem; block-size: 25rem; min-block-size: 0; }
    ol { list-style: none; overflow: auto; border-block-start: 1px solid var(--stylist-line, #cfcac0); scrollbar-width: thin; }
    li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding: .6rem 0; border-block-end: 1px solid var(--stylist-line, #dfdcd5); }
    li a, li b { color: inherit; font-weight: 500; text-decoration: none; overflow-wrap: anywhere; }
    li a:hover { text-decoration: underline; text-underline-offset: .2em; }
    small { grid-column: 1 / -1; font-size: .875em; color: var(--stylist-muted, #66635c); overflow-wrap: anywhere; }
    .this { box-shadow: inset 3px 0 var(--stylist-accent, currentColor); padding-inline-start: .75rem; }
    footer { display: grid; gap: .75rem; }
    .total { display: flex; justify-content: space-between; gap: 1rem; font-weight: 600; }
    .basket, button { font: inherit; font-weight: 500; color: inherit; cursor: pointer; text-align: center; }
    .basket { display: block; padding: .65rem 1rem; background: var(--stylist-accent, #1f4d3a); color: var(--stylist-on-accent, #fff); text-decoration: none; border-radius: var(--stylist-radius, 0); }
    .basket:not([href]) { visibility: hidden; }
    button { background: none; border: 0; min-block-size: 2.25rem; text-decoration: underline; text-underline-offset: .25em; text-decoration-thickness: 1px; }
    button[disabled] { visibility: hidden; }
    :focus-visible { outline: 2px solid var(--stylist-accent, currentColor); outline-offset: 2px; }
    .note { align-self: start; padding: 1rem 0; color: var(--stylist-muted, #66635c); }
    .wait { background: var(--stylist-ground, #f3ece0); block-size: 2.6rem; border: 0; margin-block-end: .6rem; }
    @container (min-width: 40rem) {
      section { block-size: var(--stylist-height, 36rem); }
      .body { grid-template: minmax(0, 1fr) / minmax(0, 5fr) minmax(0, 6fr); gap: clamp(1rem, 4cqi, 3rem); }
      .side { block-size: auto; }
    }
    @media (prefers-reduced-motion: no-preference) { .wait { animation: wait 1.6s ease-in-out infinite alternate; } @keyframes wait { to { opacity: .4; } } }
  `);

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value != null) element.setAttribute(key, value);
    element.append(...children.filter((child) => child != null));
    return element;
  };
  const hanger = () => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 32 32');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M16 8.5a2.6 2.6 0 1 1 2.4 3.6c-1.5.2-2.4 1-2.4 2.4v.8L27 22.6c.9.7.5 1.9-.6 1.9H5.6c-1.1 0-1.5-1.2-.6-1.9l11-7.3');
    path.setAttribute('fill', 'none');
    path.setAttribute('stroke-linecap', 'round');
    svg.append(path);
    return svg;
  };
  const isWeb = (address) => /^https?:\/\//.test(address || '');

  class StylistLook extends HTMLElement {
    static observedAttributes = ['sku'];

    constructor() {
      super();
      this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
      this.looks = [];
      this.at = 0;
    }

    connectedCallback() {
      this.wait();
      this.watch = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) { this.watch.disconnect(); this.load(); }
      }, { rootMargin: '400px' });
      this.watch.observe(this);
    }

    disconnectedCallback() {
      this.watch?.disconnect();
      this.asked?.abort();
      this.release();
    }

    attributeChangedCallback(name, before, now) {
      if (this.isConnected && before !== now && before !== null) { this.wait(); this.load(); }
    }

    get home() { return this.getAttribute('api') || HOME; }
    get language() { return this.getAttribute('lang') || this.closest('[lang]')?.lang || navigator.language || 'en'; }
    text(name) { return (TEXTS[this.language.split('-')[0].toLowerCase()] || TEXTS.en)[name]; }

    async ask(path, body) {
      const headers = { 'Accept-Language': this.language };
      const key = this.getAttribute('key');
      if (key) headers.Authorization = `Bearer ${key}`;
      if (body) headers['Content-Type'] = 'application/json';
      const answer = await fetch(this.home + path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal: this.asked?.signal, credentials: 'omit' });
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer;
    }

    async load() {
      this.asked?.abort();
      this.asked = new AbortController();
      const { signal } = this.asked;
      const sku = this.getAttribute('sku') || '';
      try {
        const item = await (await this.ask(`/v1/items/${encodeURI(sku)}`)).json();
        this.own = new Set([sku, item.sku, ...item.variants.map((size) => size.sku)]);
        const request = { vibe: this.getAttribute('vibe') || item.title, anchors: [sku], count: Number(this.getAttribute('looks')) || 3 };
        for (const name of ['department', 'style', 'occasion', 'season']) if (this.hasAttribute(name)) request[name] = this.getAttribute(name);
        request.department ??= item.department === 'unisex' ? null : item.department;
        const answer = await (await this.ask('/v1/outfits', request)).json();
        this.looks = answer.outfits;
        this.at = 0;
        this.show();
      } catch (error) {
        if (!signal.aborted) { this.looks = []; this.show(); }
      }
    }

    frame(side, ...plate) {
      const heading = make('h2', { id: 'heading' }, this.getAttribute('heading') || this.text('heading'));
      const other = make('button', { type: 'button', disabled: this.looks.length > 1 ? null : '' }, this.text('another'));
      other.addEventListener('click', () => { this.at = (this.at + 1) % this.looks.length; this.show(); this.shadowRoot.querySelector('button').focus(); });
      const plated = make('div', { class: 'plate' }, ...(plate.length ? plate : [hanger()]));
      this.shadowRoot.replaceChildren(make('section', { 'aria-labelledby': 'heading' }, make('header', {}, heading, other), make('div', { class: 'body' }, plated, side)));
      return plated;
    }

    wait() {
      const lines = Array.from({ length: 5 }, () => make('li', { class: 'wait' }));
      this.frame(make('div', { class: 'side', 'aria-busy': 'true' }, make('ol', {}, ...lines), make('footer', {}, make('div', { class: 'total' }, '\u00a0'), make('a', { class: 'basket' }, '\u00a0'))));
    }

    show() {
      const look = this.looks[this.at];
      if (!look) { this.frame(make('p', { class: 'note', role: 'status' }, this.text('none'))); return; }
      const own = (item) => this.own.has(item.sku);
      const rows = look.items.map((item) => {
        const name = isWeb(item.url) && !own(item) ? make('a', { href: item.url, rel: 'noopener' }, item.title) : make('b', {}, item.title);
        name.addEventListener('click', () => this.tell('click', item.sku));
        const about = [item.brand, item.size].filter(Boolean).join(' · ');
        return make('li', { class: own(item) ? 'this' : null }, name, make('span', {}, item.price_text ?? ''), about ? make('small', {}, about) : null);
      });
      const template = this.getAttribute('basket-url') || BASKET;
      const skus = look.items.map((item) => item.sku).filter(Boolean).map(encodeURIComponent).join(',');
      const basket = make('a', { class: 'basket', href: isWeb(template) ? template.replace('{skus}', skus) : null }, this.text('basket'));
      basket.addEventListener('click', () => this.tell('add_to_basket'));
      const total = make('div', { class: 'total' }, make('span', {}, this.text('total')), make('span', {}, look.total_price_text ?? ''));
      const plate = this.frame(make('div', { class: 'side' }, make('ol', {}, ...rows), make('footer', {}, total, basket)));
      this.picture(look, plate);
      this.tell('impression');
    }

    async picture(look, plate) {
      try {
        const drawn = await (await this.ask(`/v1/outfits/${encodeURIComponent(look.id)}/image?format=svg&shape=portrait${this.hasAttribute('dark') ? '&theme=dark' : ''}`)).blob();
        if (!plate.isConnected) return;
        this.release();
        this.url = URL.createObjectURL(drawn);
        const image = make('img', { src: this.url, alt: `${look.title}: ${look.items.map((item) => item.title).join(', ')}` });
        image.addEventListener('error', () => plate.replaceChildren(hanger()));
        plate.replaceChildren(image);
      } catch { /* the plate keeps its hanger */ }
    }

    release() {
      if (this.url) URL.revokeObjectURL(this.url);
      this.url = null;
    }

    tell(type, sku) {
      const look = this.looks[this.at];
      const event = { event_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, type, outfit_id: look.id, position: this.at };
      if (sku) event.sku = sku;
      this.ask('/v1/feedback', event).catch(() => {});
    }
  }
  customElements.define('stylist-look', StylistLook);
})();
