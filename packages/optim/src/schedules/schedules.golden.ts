// JSON in a string: a formatter would give every figure a line. Made by scripts/goldens/pytorch.py.

/** The rates of a schedule of another system: the first one, and those after each step. */
export interface ScheduleGolden {
  class: string;
  lr: number;
  attrs: Record<string, unknown>;
  metrics?: number[];
  steps: number;
  rates: number[];
}

/** PyTorch 2.13.0. */
export const goldens = JSON.parse(`[
{"class":"StepLR","lr":0.5,"attrs":{"step_size":3,"gamma":0.5},"steps":8,"rates":[0.5,0.5,0.5,0.25,0.25,0.25,0.125,0.125,0.125]},
{"class":"MultiStepLR","lr":0.5,"attrs":{"milestones":[2,5]},"steps":7,"rates":[0.5,0.5,0.05,0.05,0.05,0.005,0.005,0.005]},
{"class":"ExponentialLR","lr":0.5,"attrs":{"gamma":0.9},"steps":6,"rates":[0.5,0.45,0.405,0.3645,0.32805,0.295245,0.2657205]},
{"class":"LinearLR","lr":0.5,"attrs":{"start_factor":0.25,"total_iters":4},"steps":6,"rates":[0.125,0.21875,0.3125,0.40625,0.5,0.5,0.5]},
{"class":"PolynomialLR","lr":0.5,"attrs":{"total_iters":5,"power":2},"steps":7,"rates":[0.5,0.32,0.18,0.08,0.02,0,0,0]},
{"class":"CosineAnnealingLR","lr":0.5,"attrs":{"T_max":5,"eta_min":0.1},"steps":5,"rates":[0.5,0.461803399,0.361803399,0.238196601,0.138196601,0.1]},
{"class":"CosineAnnealingWarmRestarts","lr":0.5,"attrs":{"T_0":2,"T_mult":2,"eta_min":0.1},"steps":9,"rates":[0.5,0.3,0.5,0.441421356,0.3,0.158578644,0.5,0.484775907,0.441421356,0.376536686]},
{"class":"OneCycleLR","lr":0.5,"attrs":{"max_lr":1,"total_steps":10,"cycle_momentum":false},"steps":9,"rates":[0.04,0.52,1,0.950484632,0.811745654,0.611262022,0.388741978,0.188258346,0.049519368,4e-06]},
{"class":"ReduceLROnPlateau","lr":0.5,"attrs":{"factor":0.5,"patience":1,"cooldown":1,"threshold":0.1,"min_lr":0.1},"metrics":[1,0.95,0.93,0.92,0.91,0.9,0.5,0.6,0.7,0.4,0.4,0.4,0.4,0.4,0.4],"steps":15,"rates":[0.5,0.5,0.5,0.25,0.25,0.25,0.125,0.125,0.125,0.1,0.1,0.1,0.1,0.1,0.1,0.1]},
{"class":"ReduceLROnPlateau","lr":0.5,"attrs":{"mode":"max","factor":0.5,"patience":0},"metrics":[1,2,2,3,1],"steps":5,"rates":[0.5,0.5,0.5,0.25,0.25,0.125]}
]`) as ScheduleGolden[];
