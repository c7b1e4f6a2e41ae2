// Headless browsers in the C locale speak "en-US@posix", which is not a language to Intl; uPlot asks it when it is loaded.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
