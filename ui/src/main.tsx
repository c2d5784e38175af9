/*
 * main.tsx - where the browser begins
 */
import { render } from "preact";
import { App } from "./app/app";
import { startRouting } from "./app/route";
import { startSession } from "./api/session";
import "./base.css";

startRouting();
startSession();
render(<App />, document.getElementById("app")!);
