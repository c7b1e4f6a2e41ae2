import DefaultTheme from 'vitepress/theme';
import ActivationPlot from './ActivationPlot.vue';
import './look.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component('ActivationPlot', ActivationPlot),
};
