/*
 * text.ts - the texts of the chosen language
 */
import { en } from "./en";
import { lang, useLang, type Lang } from "./lang";
import { ru, type Texts } from "./ru";

const ALL: Record<Lang, Texts> = { ru, en };

export const useText = (): Texts => ALL[useLang()];
export const text = (): Texts => ALL[lang.get()];
export type { Texts };
