import { registerEnumType } from 'type-graphql';
import { CORRECTIONS_NEEDED } from '../../trainings/corrections.js';

export const TrainingTask = { CAPTION: 'CAPTION', SEARCH: 'SEARCH', CORRECTIONS: 'CORRECTIONS' } as const;
registerEnumType(TrainingTask, {
  name: 'TrainingTask',
  description: 'What a training is for.',
  valuesConfig: {
    CAPTION: { description: 'A model that writes captions.' },
    SEARCH: { description: 'A model that searches.' },
    CORRECTIONS: {
      description:
        'The captioner in use learns the captions that people wrote, chose or adopted here, by a recipe that was ' +
        `measured (docs/corrections.md). It needs ${CORRECTIONS_NEEDED} corrected photos. Settings that are given replace those of the recipe.`,
    },
  },
});
