export { default } from "photoswipe";
