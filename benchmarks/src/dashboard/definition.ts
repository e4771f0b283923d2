import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a panel asks of Prometheus, and how its series are called. */
export interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

/** What of a panel of Grafana is drawn here. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  /** In the dashboard's grid of 24 columns. */
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly custom: {
        readonly fillOpacity: number;
        readonly scaleDistribution?: { readonly type: string };
      };
    };
  };
  readonly targets?: readonly Target[];
}

/** A dashboard of Grafana. */
export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const GRAFANA = new URL('../../../docs/grafana/', import.meta.url);
/** Where the picture of the dashboard is kept. */
export const PICTURE: string = fileURLToPath(new URL('shale.svg', GRAFANA));

/** The dashboard of `docs/grafana`. */
export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(new URL('shale.json', GRAFANA), 'utf8'));
}
