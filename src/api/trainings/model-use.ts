import { registerEnumType } from 'type-graphql';

export const ModelUse = { NEVER: 'NEVER', BETTER: 'BETTER', ALWAYS: 'ALWAYS' } as const;
registerEnumType(ModelUse, {
  name: 'ModelUse',
  description: 'When a newly trained model replaces the one in use.',
  valuesConfig: {
    NEVER: { description: 'Only if a person chooses it with useModel.' },
    BETTER: {
      description:
        'If its CIDEr-D, or the recall of a search model, is significantly higher on the same held-out photos: p ' +
        'below 0.05 in the paired bootstrap test.',
    },
    ALWAYS: { description: 'In any case.' },
  },
});
