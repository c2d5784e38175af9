/*
 * types.ts - short names for the schemas of docs/api.yaml
 */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type ApiError = Schemas["Error"];
export type ApiText = Schemas["Text"];
export type Archive = Schemas["Archive"];
export type Binding = Schemas["Binding"];
export type Formula = Schemas["Formula"];
export type Parameter = Schemas["Parameter"];
export type Building = Schemas["Building"];
export type ApiCalendar = Schemas["Calendar"];
export type Channel = Schemas["Channel"];
export type ChannelDetail = Schemas["ChannelDetail"];
export type ChannelSummary = Schemas["ChannelSummary"];
export type Driver = Schemas["Driver"];
export type DriverParam = Schemas["DriverParam"];
export type Event = Schemas["Event"];
export type HeatAmount = Schemas["HeatAmount"];
export type HeatCheck = Schemas["HeatCheck"];
export type HeatInput = Schemas["HeatInput"];
export type HeatProposal = Schemas["HeatProposal"];
export type HeatRow = Schemas["HeatRow"];
export type PlaceHeat = Schemas["PlaceHeat"];
export type Last = Schemas["Last"];
export type LastValue = Schemas["LastValue"];
export type Line = Schemas["Line"];
export type LineState = Schemas["LineState"];
export type Meter = Schemas["Meter"];
export type MeterState = Schemas["MeterState"];
export type Period = Schemas["Period"];
export type Place = Schemas["Place"];
export type PlaceKind = Schemas["PlaceKind"];
export type PlaceNode = Schemas["PlaceNode"];
export type PlaceRef = Schemas["PlaceRef"];
export type PlaceSummary = Schemas["PlaceSummary"];
export type Provenance = Schemas["Provenance"];
export type Quantity = Schemas["Quantity"];
export type Register = Schemas["Register"];
export type Session = Schemas["Session"];
export type Status = Schemas["Status"];
export type StoreState = Schemas["StoreState"];
export type StreamReading = Schemas["StreamReading"];
export type Total = Schemas["Total"];
export type Unit = Schemas["Unit"];
export type Verdict = Schemas["Verdict"];
export type VerdictDetail = Schemas["VerdictDetail"];
export type ChannelZones = Schemas["ChannelZones"];
export type ZoneCalendar = Schemas["ZoneCalendar"];
export type ZonePeriod = Schemas["ZonePeriod"];
