const SCENES = {
  attack: AttackScene,
  training: TrainingScene,
  collapse: CollapseScene,
  strength: StrengthScene,
  limits: LimitsScene,
};
