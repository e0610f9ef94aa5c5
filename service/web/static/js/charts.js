// Draws every [data-chart] by uPlot: its JSON holds moments in seconds, and lines of values. In the colours of the page.
(() => {
  const charts = new Map();
  const colour = (name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const day = (seconds) => new Date(seconds * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  const draw = (place) => {
    charts.get(place)?.destroy();
    const { x, lines } = JSON.parse(place.dataset.chart);
    const axis = { stroke: colour('muted'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '13px "Instrument Sans Variable", sans-serif' };
    const strokes = [colour('accent'), colour('danger')];
    const options = {
      width: place.clientWidth,
      height: 220,
      cursor: { drag: { x: false, y: false } },
      legend: { show: lines.length > 1, live: false },
      scales: { y: { range: (plot, least, most) => [0, Math.max(1, (most ?? 1) * 1.1)] } },
      padding: [12, 16, 0, 0],
      axes: [{ ...axis, grid: { show: false }, space: 70, values: (plot, moments) => moments.map(day) }, { ...axis, size: 48 }],
      series: [{}, ...lines.map((line, n) => ({ label: line.name, stroke: strokes[n % 2], width: 2, points: { show: true, size: 5 }, spanGaps: false }))],
    };
    charts.set(place, new uPlot(options, [x, ...lines.map((line) => line.values)], place));
  };
  const all = () => document.querySelectorAll('[data-chart]').forEach(draw);
  document.addEventListener('stylist:theme', () => requestAnimationFrame(all));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all);
  let waiting = 0;
  addEventListener('resize', () => { clearTimeout(waiting); waiting = setTimeout(all, 150); });
  all();
})();
