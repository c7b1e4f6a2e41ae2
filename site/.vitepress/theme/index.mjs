import DefaultTheme from 'vitepress/theme';
import './palette.css';

export default DefaultTheme;
