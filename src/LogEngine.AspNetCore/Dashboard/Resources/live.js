'use strict';
// Draws what the counters of an engine say every two seconds; everything else of the page works without it.
(() => {
  const box = document.getElementById('plots');
  if (!box) return;
  const period = 2000;
  const kept = 120;
  const status = document.getElementById('live');
  const pause = document.getElementById('pause');
  const state = document.getElementById('state');
  const svgNames = 'http://www.w3.org/2000/svg';
  let last = null;
  let paused = false;

  const per = (a, b) => (b > 0 ? a / b : null);
  const values = {
    rate: (d) => per(d.groups * 1000, d.at),
    size: (d) => per(d.writes, d.groups),
    latency: (d) => per(d.milliseconds, d.syncs),
  };
  const shown = (v) => v === null ? '–'
    : v >= 100 ? Math.round(v).toLocaleString('en')
    : v >= 1 || v === 0 ? String(Math.round(v * 10) / 10) : v.toPrecision(2);

  function element(name, parent, attributes) {
    const made = document.createElementNS(svgNames, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return parent.appendChild(made);
  }

  function plotOf(figure) {
    const now = document.createElement('output');
    const title = figure.querySelector('figcaption');
    title.after(now);
    const svg = element('svg', figure, { viewBox: '0 0 240 60', preserveAspectRatio: 'none', role: 'img' });
    const area = element('path', svg, { class: 'area' });
    const line = element('path', svg, { class: 'line' });
    const scale = figure.appendChild(document.createElement('div'));
    scale.className = 'scale';
    const most = scale.appendChild(document.createElement('span'));
    const span = scale.appendChild(document.createElement('span'));
    // Without this every new number would be read out.
    now.setAttribute('aria-live', 'off');
    now.textContent = '–';
    svg.setAttribute('aria-label', title.textContent + ': nothing yet');
    return { now, svg, area, line, most, span, title: title.textContent, of: values[figure.dataset.plot], all: [] };
  }

  function draw(plot, value) {
    plot.all.push(value);
    if (plot.all.length > kept) plot.all.shift();
    const most = Math.max(...plot.all.map((v) => v ?? 0));
    const top = most > 0 ? most : 1;
    const start = 240 - (plot.all.length - 1) * (240 / (kept - 1));
    const points = plot.all.map((v, i) =>
      (start + i * (240 / (kept - 1))).toFixed(1) + ' ' + (58 - 54 * (v ?? 0) / top).toFixed(1));
    plot.line.setAttribute('d', 'M' + points.join('L'));
    plot.area.setAttribute('d', 'M' + start.toFixed(1) + ' 60L' + points.join('L') + 'L240 60Z');
    plot.now.textContent = shown(value);
    plot.most.textContent = 'at most ' + shown(most);
    plot.span.textContent = 'last ' + Math.round((plot.all.length * period) / 1000) + ' s';
    plot.svg.setAttribute('aria-label', plot.title + ': ' + shown(value) + ' now, at most ' + shown(most)
      + ' in the ' + plot.span.textContent);
  }

  const plots = [...box.querySelectorAll('figure')].map(plotOf);

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  async function look() {
    if (paused || document.hidden) {
      last = null;
      return;
    }
    let found;
    try {
      const answer = await fetch(box.dataset.live, { headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error('The server answered ' + answer.status + '.');
      found = await answer.json();
    } catch (error) {
      last = null;
      say('No numbers at the moment. ' + error.message);
      return;
    }
    say(found.state === state.dataset.word ? '' : 'The engine is ' + found.state + ' now: load the page again.');
    if (!('groups' in found)) {
      last = null;
      return;
    }
    if (last && found.groups >= last.groups) {
      const difference = {};
      for (const key of ['at', 'groups', 'writes', 'syncs', 'milliseconds']) difference[key] = found[key] - last[key];
      plots.forEach((plot) => draw(plot, plot.of(difference)));
    }
    last = found;
  }

  async function go() {
    await look();
    setTimeout(go, period);
  }

  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Go on' : 'Pause';
  });
  box.hidden = false;
  document.getElementById('unscripted').hidden = true;
  go();
})();
