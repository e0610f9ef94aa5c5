// Light or dark, as chosen here, else as the system has it. Runs before anything is painted.
(() => {
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem('stylist.theme'); } catch { return null; }
  };
  const show = (theme) => {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  const system = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const note = () => { document.cookie = `stylist_theme=${root.dataset.theme || system()}; path=/; max-age=31536000; samesite=lax`; };
  show(stored());
  note();
  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-theme-switch]')) return;
    const next = (root.dataset.theme || system()) === 'dark' ? 'light' : 'dark';
    show(next);
    note();
    try { localStorage.setItem('stylist.theme', next); } catch { /* not kept, then */ }
    root.dispatchEvent(new CustomEvent('stylist:theme', { bubbles: true }));
  });
})();
