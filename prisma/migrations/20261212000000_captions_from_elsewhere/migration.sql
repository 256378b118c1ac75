-- Captions that were written elsewhere stand among the models: they are measured and compared, and write nothing.
ALTER TYPE "ModelTask" ADD VALUE 'PREDICTIONS';
